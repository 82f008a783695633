"""What was said elsewhere, read out of files: plain lines, prompt and response pairs, ``llm``'s log, ChatGPT's export.

Each form has a module of its own, which reads bytes or a database and gives exchanges one by one; what it cannot use it
names and passes over.
"""
