// What all tests of real processes on one machine share: they run one after the other, and most
// start the test program and read what it told.

import SwoopLaunching
import TestPrograms
import Testing

/// Everything that starts processes, one test after the other: they are killed, timed and counted.
@Suite(.serialized) struct ProgramTests {}

/// Runs the program to its end and answers with what it told.
func told(
    _ arguments: String..., environment: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> [String: String] {
    let folder = try TestFolder()
    let run = try ProgramRun(arguments, in: folder, environment: environment)
    // The longest tell of fifty plans, each run twice, beside all other tests.
    let status = try run.end(within: 300)
    #expect(status == .exited(0), "\(run.output)\(run.errors)", sourceLocation: sourceLocation)
    return run.values
}
