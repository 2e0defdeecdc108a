"""网钩: what happened is told to other systems of the firm, signed, and never in the words of a customer."""
