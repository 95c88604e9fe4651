"""The one import root of everything that is installed: contract, mock, judge and load tests.

In a clone its packages are links to the folders at the top level, in a wheel they are the folders themselves.
"""
