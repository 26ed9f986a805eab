"""The one way in: which side takes a call, the CPU or CUDA, and what each kind of call does there.

Each file has the verbs of one kind of function. What a verb does for arrays of other libraries is
decided at its general way (`handed_over`), behind the short way of small plain arrays.
"""
