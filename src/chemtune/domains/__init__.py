"""Domains: folders of YAML and text that say what a domain asks for."""

from chemtune.domains.domain import Benchmark, Domain, ExamWording, JudgeWording, find_domain

__all__ = ["Benchmark", "Domain", "ExamWording", "JudgeWording", "find_domain"]
