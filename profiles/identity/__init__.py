"""客户身份 (OneID): which customer an identifier names, who is one person, who is one household."""
