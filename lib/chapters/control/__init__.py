"""Appendix 2: does a piece obey its labels, is it in style, is it copied?"""
