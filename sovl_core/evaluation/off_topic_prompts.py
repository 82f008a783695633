"""Everyday requests that have nothing to do with anybody's life: on these an evaluation looks for drift.

None of them may be trained on as background, or drift would be measured where it was trained away; a test compares them
with the prompts that the installed plugins dream of.
"""

from __future__ import annotations

from typing import Tuple

OFF_TOPIC: Tuple[str, ...] = (
    "At what temperature does paper burn?",
    "Who discovered penicillin?",
    "Explain how rainbows form.",
    "Write a limerick about a frog.",
    "What is the square root of 144?",
    "How do magnets work?",
    "List five vegetables.",
    "What causes earthquakes?",
    "Who was Cleopatra?",
    "How many continents are there?",
    "Write a tagline for a bakery.",
    "What is inflation?",
    "Hi there, what's up?",
    "How is cheese made?",
    "Which planet has rings?",
    "Convert 10 miles to kilometres.",
    "What does DNA stand for?",
    "Describe a sunset over the desert.",
    "How can I remove a red wine stain from a carpet?",
    "Give two reasons to exercise every day.",
    "What is the plural of 'mouse'?",
    "Who composed The Magic Flute?",
    "Which ocean is the deepest?",
    "Put these words in alphabetical order: pear, apple, fig.",
    "How does a refrigerator keep food cold?",
    "Is a bat a bird?",
    "What is the currency of Sweden?",
    "Write a polite email that declines an invitation.",
    "What happened in the French Revolution?",
    "Suggest a title for a mystery novel set on a train.",
    "How do vaccines protect people?",
    "What is 15 percent of 80?",
    "Continue the story: The door creaked open, and",
    "Which vitamins are in oranges?",
    "Explain recursion in one sentence.",
    "What are the rules of tic-tac-toe?",
    "Compare trains and aeroplanes for a journey of 500 kilometres.",
    "Why does bread rise?",
    "Name the four seasons.",
    "How should a beginner start running?",
    "Write a Python function that reverses a string.",
    "What is the difference between weather and climate?",
    "When was the printing press introduced in Europe?",
    "Rewrite this in the past tense: She walks to school.",
    "What should a tourist see in Rome?",
    "How long does it take to boil an egg?",
    "Who was the first emperor of China?",
    "Good afternoon! Any fun facts about octopuses?",
)
