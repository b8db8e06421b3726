"""The conversation as it is read: questions, answers, steps and states."""
