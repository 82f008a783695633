"""The instrument that judges nights: ``sovl eval`` and what it is made of.

Facts are told, slept over for some nights, and asked about in words of their own; each arm is another way to know them
(:mod:`sovl_core.evaluation.arms`), measured alike (:mod:`sovl_core.evaluation.measures`).
"""
