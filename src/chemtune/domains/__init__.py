"""Domains: folders of YAML and text that say what a domain asks for."""

from chemtune.domains.domain import Domain, ExamWording, JudgeWording, find_domain

__all__ = ["Domain", "ExamWording", "JudgeWording", "find_domain"]
