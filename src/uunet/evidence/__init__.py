"""Sealed evidence: what every replaced region showed, encrypted in the public file, and signed.

atoms · header · statement   what stands beside the pictures
piece · crops                a track's regions of a window, as bytes
sealing                      while a video is made
reading · chain              the windows of a public file, and their verdicts
opening                      what keys and grants open
copying                      copies for other recipients, or for none any more
unsealed                     where there is none

What seals and opens is imported where it is needed: most runs need no cryptography, and its memory neither.
"""
