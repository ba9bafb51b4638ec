"""placeholder"""


def judge_late_sources():
    return []
