// Processes that are killed in the middle of a job: what heals, what is told, and that nothing is
// left behind.

import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct KillTests {
        private let folder: TestFolder
        private let sharedMemory: [String]

        init() throws {
            folder = try TestFolder()
            sharedMemory = TestFolder.names(in: "/dev/shm")
        }

        /// A job on a cluster of its own, under way: some of its values have arrived.
        ///
        /// - Parameter stopped: seconds that a worker may be stopped; nil: as long as is usual.
        private func startJob(stopped: Int? = nil) throws -> ProgramRun {
            let run = try ProgramRun(
                ["job", "local", "200", "60"], in: folder,
                environment: stopped.map { ["SWOOP_STOPPED": "\($0)"] } ?? [:])
            _ = try run.value(of: "first")
            return run
        }

        private func onlyChild(of parent: Int32) throws -> Int32 {
            try #require(folder.children(of: parent).first)
        }

        private func expectNothingLeft(within seconds: Double = 2) throws {
            #expect(try folder.processes(leftAfter: seconds) == [])
            #expect(TestFolder.names(in: "/dev/shm") == sharedMemory)
        }

        @Test func `a killed worker process is replaced, and every answer is right`() throws {
            let run = try startJob()
            let worker = try onlyChild(of: try onlyChild(of: run.process.pid))
            #expect(kill(worker, SIGKILL) == 0)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            #expect(run.values["right"] == "200")
            #expect(run.values["chain"] == "250000")
            #expect(run.errors.contains("SIGKILL"))
            try expectNothingLeft()
            #expect(folder.addresses == [])
        }

        @Test func `a worker process that stays stopped is told of, and then replaced`() throws {
            let run = try startJob(stopped: 1)
            let worker = try onlyChild(of: try onlyChild(of: run.process.pid))
            #expect(kill(worker, SIGSTOP) == 0)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            #expect(run.values["right"] == "200")
            #expect(run.errors.contains("worker process \(worker) on "), "\(run.errors)")
            #expect(run.errors.contains("kill -CONT \(worker)"), "\(run.errors)")
            try expectNothingLeft()
        }

        @Test func `a worker process that was stopped for a while loses nothing`() throws {
            let run = try startJob()
            let worker = try onlyChild(of: try onlyChild(of: run.process.pid))
            #expect(kill(worker, SIGSTOP) == 0)
            try run.read(until: "it is told of") { $0.errors.contains("kill -CONT \(worker)") }
            #expect(kill(worker, SIGCONT) == 0)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            #expect(run.values["right"] == "200")
            #expect(!run.errors.contains("SIGKILL"), "\(run.errors)")
            try expectNothingLeft()
        }

        @Test func `a killed agent is a clear error within seconds`() throws {
            let run = try startJob()
            #expect(kill(try onlyChild(of: run.process.pid), SIGKILL) == 0)
            let began = MonotonicClock.nanoseconds()
            #expect(try run.end() == .exited(1))
            #expect(MonotonicClock.nanoseconds() - began < 5_000_000_000)
            let error = run.values["threw"] ?? ""
            #expect(error.contains("lost: ") && error.contains("its agent was ended by signal 9"))
            #expect(error.contains("Run the plan again."))
            try expectNothingLeft()
            #expect(folder.addresses == [])
        }

        @Test(arguments: [0, 15, 60, 150, 300])
        func `an agent killed among tasks that depend on one another is an error, and no trap`(
            milliseconds: Int64
        ) throws {
            let run = try ProgramRun(["dependents", "2", "4"], in: folder)
            let agent = try waitForChild(of: run.process.pid)
            if milliseconds > 100 { _ = try run.value(of: "first") }
            var poll = PollLoop()
            try poll.wait(until: MonotonicClock.nanoseconds() + milliseconds * 1_000_000)
            #expect(kill(agent, SIGKILL) == 0)
            #expect(try run.end() == .exited(1), "\(run.output)\(run.errors)")
            let error = run.values["threw"] ?? ""
            #expect(error.contains("its agent was ended by signal 9"), "\(error)")
            try expectNothingLeft()
        }

        private func waitForChild(of parent: Int32) throws -> Int32 {
            #expect(try holds(within: 60) { !folder.children(of: parent).isEmpty })
            return try onlyChild(of: parent)
        }

        @Test func `a program that is stopped for 12 s loses none of 1,500 dependent tasks`() throws
        {
            let run = try ProgramRun(["dependents", "2", "4"], in: folder)
            _ = try run.value(of: "first")
            #expect(kill(run.process.pid, SIGSTOP) == 0)
            var poll = PollLoop()
            try poll.wait(until: MonotonicClock.nanoseconds() + 12_000_000_000)
            #expect(kill(run.process.pid, SIGCONT) == 0)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "199")
            #expect(run.values["sorted"] == "true")
            #expect(!run.errors.contains("silent") && !run.errors.contains("lost"))
            try expectNothingLeft()
        }

        @Test(arguments: [SIGKILL, SIGINT, SIGTERM])
        func `a client that is killed or interrupted takes agent and worker with it`(signal: Int32)
            throws
        {
            let run = try startJob()
            #expect(folder.processes.count == 3)
            run.process.kill(signal)
            let began = MonotonicClock.nanoseconds()
            #expect(try run.end() == .signalled(signal))
            #expect(MonotonicClock.nanoseconds() - began < 1_000_000_000)
            try expectNothingLeft()
            // Who was killed could not take its address away; whoever looks next, or starts a
            // cluster, does.
            #expect(folder.addresses.count == (signal == SIGKILL ? 1 : 0))
            let next = try ProgramRun(["job", "local", "2", "1"], in: folder)
            #expect(try next.end() == .exited(0))
            #expect(folder.addresses == [])
        }

        @Test func `an agent that is stopped for two seconds loses nothing`() throws {
            let run = try startJob()
            let agent = try onlyChild(of: run.process.pid)
            #expect(kill(agent, SIGSTOP) == 0)
            var poll = PollLoop()
            try poll.wait(until: MonotonicClock.nanoseconds() + 2_000_000_000)
            #expect(kill(agent, SIGCONT) == 0)
            #expect(try run.end() == .exited(0), "\(run.errors)")
            #expect(run.values["right"] == "200")
            try expectNothingLeft()
        }

        @Test func `opening and closing many clusters leaves nothing open`() throws {
            let run = try ProgramRun(["cycles", "100"], in: folder)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["wrong"] == nil)
            #expect(run.values["descriptors at start"] == run.values["descriptors at end"])
            // The pool of Swift's own concurrency may have grown to a thread a core meanwhile.
            let threads = ["start", "end"].compactMap {
                run.values["threads at \($0)"].flatMap(Int.init)
            }
            try #require(threads.count == 2)
            #expect(threads[1] - threads[0] <= 2, "\(threads)")
            try expectNothingLeft()
            #expect(folder.addresses == [])
        }
    }
}
