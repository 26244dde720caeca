"""The build ID of workers and replayers that are given none."""

# Without one the SDK hashes the bytecode of every module that is loaded, and reads them all from the disk for it: 0.2 s
# of CPU time a process (temporalio 1.35). Nobody routes by it: these workers are their task queue's only ones.
BUILD_ID = "replaykit"
