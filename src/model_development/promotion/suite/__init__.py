"""The model test suite: how a model behaves on odd, extreme and rearranged rows."""
