"""Suggestions: which category a label that has no mapping, or a bare job title, is likely to mean; offline.

A label is compared with what is known (the categories' own names and what people decided) by how it is spelled
(`spelling`), by what it means (`meaning`, a model of sentences, with the extra `suggest`) and by the words of the field
(`glossary`); `learning` makes one model of these where there is much to learn from; `ranking` turns the evidence into
a confidence. `memory` comes before all: what was decided for the very same label. `suggester` puts it together.
"""
