"""服务策略执行: did the advisor speak with a beginner as with a beginner, and with an old hand as with an old hand?"""

from followup.adherence.assess import Assessment, Summary, assess, summary

__all__ = ["Assessment", "Summary", "assess", "summary"]
