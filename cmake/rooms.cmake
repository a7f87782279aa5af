# The house, ground floor first: one line a room. docs/architecture.md holds the same table; the tidy test compares them.
room(NAME base LIBS crypto)
room(NAME yaml USES base LIBS yaml)
room(NAME plan USES base LIBS json)
room(NAME os USES base THREADED)
room(NAME engine USES base plan LIBS json)
room(NAME git USES base os THREADED)
room(NAME secrets USES base os LIBS sodium json)
room(NAME workspace USES base os git LIBS crypto TEST_USES git_testing THREADED)
