"""Reading generated answers to multiple-choice questions, English and Korean."""

from chemtune.evaluation.answers.reader import AnswerRead, read_answer

__all__ = ["AnswerRead", "read_answer"]
