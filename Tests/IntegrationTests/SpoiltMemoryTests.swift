// What the agent shares with a worker lies in the memory of the tasks: here tasks write random
// values over each word of it.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct SpoiltMemoryTests {
        @Test func `tasks that write over shared memory end neither the agent nor the innocent`()
            throws
        {
            let folder = try TestFolder()
            let run = try ProgramRun(["vandals", "40"], in: folder)
            #expect(try run.end(within: 300) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "500", "\(run.output)\(run.errors)")
            #expect(run.values["agent"] == "the same")
            let died = run.values["vandals workerDied"].flatMap { Int($0) } ?? 0
            let ended = run.values["vandals ended"].flatMap { Int($0) } ?? 0
            // Some write where nobody looks again; those who write over everything are found out.
            #expect(died >= 5 && "\(died + ended)" == run.values["vandals"], "\(run.output)")
        }

        @Test(arguments: 0..<7)
        func `a task that takes its worker apart ends neither the agent nor the innocent`(
            _ number: Int
        ) throws {
            let folder = try TestFolder()
            // A worker that is stopped is given up earlier than usual.
            let run = try ProgramRun(
                ["intruder", "\(number)"], in: folder, environment: ["SWOOP_STOPPED": "2"])
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "100", "\(run.output)\(run.errors)")
            #expect(run.values["agent"] == "the same", "\(run.output)\(run.errors)")
        }

        @Test func `a task can look into its own process and not into that of its agent`() throws {
            let folder = try TestFolder()
            // Root may look into all; without that right it is a user like others.
            let run = try ProgramRun(
                (getuid() == 0 ? ["unprivileged"] : []) + ["curious"], in: folder)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["own"] == "0")
            #expect(run.values["agent"] == "\(EACCES)", "\(run.output)")
        }
    }
}
