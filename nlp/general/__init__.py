"""通用数值: numbers, money and times of written Chinese of any subject, for imports and for comparison with other
readers.

What brokers' customers say goes through nlp.amounts, nlp.dates and nlp.windows, which know the conventions of the tags.
"""
