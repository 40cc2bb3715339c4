"""Keys: who can open what, and who said so. Readable alone: nothing of ours is imported here.

identity    secret and public keys, groups of custodians        text · keyfile   as lines, as files
tree        one seed → a key for each track and window          shares           t of n, wrapped
content     sealing one thing under its own key                 envelope         brings the four together
grant       part of a tree, sealed to somebody else             signing          COSE_Sign1
journal     the record of every opening                         codec · errors   CBOR · what can go wrong
"""
