"""The JSON API, version 1: what the campaign shows, for programs. It only reads, and asks for no key.

Its words are English wherever the campaign is: programmers read them, beside names of parameters.
"""
