// Children: what they inherit, how their end is noticed, and that none outlives its parent.

import CSwoopSystem
import Foundation
import Glibc
import SwoopLaunching
import SwoopTransport
import TestPrograms
import Testing

/// Waits for the child's end in a PollLoop, then reaps it.
private func endOf(_ child: ChildProcess) throws -> SwoopLaunching.ExitStatus? {
    var loop = PollLoop()
    _ = loop.watch(descriptor: child.exitDescriptor)
    try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
    return child.reap()
}

/// Reads a pipe until it ends or holds a whole line.
private func readLine(_ pipe: OutputPipe?) throws -> String {
    let pipe = try #require(pipe)
    var loop = PollLoop()
    _ = loop.watch(descriptor: pipe.descriptor)
    var bytes: [UInt8] = []
    while !pipe.isEnded, !bytes.contains(UInt8(ascii: "\n")) {
        try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
        bytes += pipe.read()
    }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
}

@Suite struct ChildProcessTests {
    @Test func theExitCodeIsSeenWithoutBlocking() throws {
        let child = try ChildProcess(starting: .probe("exit", "37"))
        defer { child.endUnlessReaped() }
        #expect(try endOf(child) == .exited(37))
        #expect(child.status == .exited(37))
    }

    @Test func aRunningChildIsNotReapedAndAKilledOneNamesTheSignal() throws {
        let child = try ChildProcess(starting: .probe("sleeper"))
        defer { child.endUnlessReaped() }
        #expect(child.reap() == nil)
        child.kill(SIGTERM)
        #expect(try endOf(child) == .signalled(SIGTERM))
    }

    @Test func aSignalReachesTheProcessThatIsMeantAndNoOtherOfItsNumber() throws {
        let child = try ChildProcess(starting: .probe("sleeper"))
        defer { child.endUnlessReaped() }
        let text = try String(contentsOfFile: "/proc/\(child.pid)/stat", encoding: .utf8)
        let fields = text[text.lastIndex(of: ")")!...].split(separator: " ")
        let ticks = try #require(UInt64(fields[20]))
        let boot = ProcessIdentity.current().bootID
        // Another that had the number before.
        let earlier = ProcessIdentity(pid: child.pid, startTicks: ticks - 1, bootID: boot)
        #expect(ProcessEnd(of: earlier) == nil)
        let other = ProcessIdentity(pid: child.pid, startTicks: ticks, bootID: "another start")
        #expect(ProcessEnd(of: other) == nil)
        #expect(child.reap() == nil)
        let end = try #require(
            ProcessEnd(of: ProcessIdentity(pid: child.pid, startTicks: ticks, bootID: boot)))
        #expect(end.signal(SIGTERM))
        #expect(try endOf(child) == .signalled(SIGTERM))
        // The number is free by now.
        #expect(!end.signal(SIGTERM))
    }

    @Test func aProgramThatIsNotThereIsAnError() {
        let request = LaunchRequest(program: "/nonexistent/program", arguments: [])
        #expect(throws: LaunchError.cannotStart(program: "/nonexistent/program", code: ENOENT)) {
            _ = try ChildProcess(starting: request)
        }
        var elsewhere = LaunchRequest(program: "/bin/true", arguments: [])
        elsewhere.folder = "/nonexistent"
        #expect(throws: LaunchError.cannotStart(program: "/bin/true", code: ENOENT)) {
            _ = try ChildProcess(starting: elsewhere)
        }
    }

    @Test func onlyTheNamedDescriptorsAreOpenInAChild() throws {
        // One without close-on-exec, as a user's program may have it.
        let careless = unsafe open("/dev/null", O_RDONLY)
        defer { close(careless) }
        let memory = try SharedMemory(creating: "page", bytes: 4_096)
        var request = try LaunchRequest.probe("descriptors")
        request.descriptors = ["one": memory.descriptor, "two": careless]
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let pipe = try #require(child.standardOutput)
        var loop = PollLoop()
        _ = loop.watch(descriptor: pipe.descriptor)
        var bytes: [UInt8] = []
        while !pipe.isEnded {
            try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
            bytes += pipe.read()
        }
        #expect(child.waitUntilEnded() == .exited(0))
        #expect(String(decoding: bytes, as: UTF8.self) == "0\n1\n2\n3\n4\n")
    }

    @Test func secretsArriveAndTheRoleLeavesTheEnvironment() throws {
        let held = try HeldBytes.descriptor(holding: Array("rosebud".utf8))
        var request = try LaunchRequest.probe("secret")
        request.descriptors = ["secret": held.rawValue]
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        #expect(try readLine(child.standardOutput) == "rosebud true")
        #expect(child.waitUntilEnded() == .exited(0))
    }

    @Test func theEnvironmentIsThisProcessesWithTheRequestsOnTop() throws {
        var request = LaunchRequest(
            program: "/bin/sh", arguments: ["-c", "echo $SWOOP_TEST_VALUE-$SWOOP_ROLE-$PWD"])
        request.environment = ["SWOOP_TEST_VALUE": "1=2"]
        request.folder = "/"
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        #expect(try readLine(child.standardOutput) == "1=2--/")
        #expect(child.waitUntilEnded() == .exited(0))
    }

    @Test func tenMegabytesToBothStreamsDoNotDeadlock() throws {
        var request = try LaunchRequest.probe("printer")
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let output = try #require(child.standardOutput)
        let error = try #require(child.standardError)
        var loop = PollLoop()
        let sources = [
            loop.watch(descriptor: output.descriptor), loop.watch(descriptor: error.descriptor),
        ]
        var counts = [0, 0]
        while !output.isEnded || !error.isEnded {
            try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
            for (index, pipe) in [output, error].enumerated() {
                counts[index] += pipe.read().count
                if pipe.isEnded { loop.remove(sources[index]) }
            }
        }
        #expect(counts == [1 << 20, 1 << 20])
        #expect(child.waitUntilEnded() == .exited(0))
    }

    @Test func killingTheGroupTakesWhatTheChildStarted() throws {
        var request = LaunchRequest(
            program: "/bin/sh", arguments: ["-c", "sleep 1000 & echo $!; wait"])
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        let grandchild = try #require(Int32(try readLine(child.standardOutput)))
        child.endNow()
        #expect(child.status == .signalled(SIGKILL))
        try waitUntilGone(grandchild)
    }

    @Test func sigkillOfTheParentLeavesNoDescendant() throws {
        var request = try LaunchRequest.probe("parent", "2")
        request.output = .piped
        let parent = try ChildProcess(starting: request)
        defer { parent.endUnlessReaped() }
        let pipe = try #require(parent.standardOutput)
        var loop = PollLoop()
        _ = loop.watch(descriptor: pipe.descriptor)
        var bytes: [UInt8] = []
        // Two numbers and "ready", in any order.
        while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < 3 {
            try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
            bytes += pipe.read()
            try #require(!pipe.isEnded)
        }
        // The lines of three processes come in any order.
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let descendants = lines.compactMap { Int32($0) }
        #expect(descendants.count == 2)
        for pid in descendants { #expect(kill(pid, 0) == 0) }
        parent.kill(SIGKILL)
        #expect(try endOf(parent) == .signalled(SIGKILL))
        for pid in descendants { try waitUntilGone(pid) }
    }

    @Test(arguments: ["end", "stay"])
    func whatAnAgentsProgramsLeaveBehindEndsWithIt(_ how: String) throws {
        var request = try LaunchRequest.probe("orphans", how)
        request.output = .piped
        let keeper = try ChildProcess(starting: request)
        defer { keeper.endUnlessReaped() }
        let pipe = try #require(keeper.standardOutput)
        var loop = PollLoop()
        _ = loop.watch(descriptor: pipe.descriptor)
        var bytes: [UInt8] = []
        while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < 3 {
            try loop.wait(until: MonotonicClock.nanoseconds() + 10_000_000_000)
            bytes += pipe.read()
            try #require(!pipe.isEnded)
        }
        let pids = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
            Int32($0)
        }
        try #require(pids.count == 3 && pids[2] != keeper.pid)
        if how == "stay" {
            for pid in pids { #expect(kill(pid, 0) == 0) }
            kill(pids[2], SIGKILL)
        }
        #expect(try endOf(keeper) == .exited(how == "stay" ? 128 + SIGKILL : 5))
        for pid in pids { try waitUntilGone(pid) }
    }

    @Test func aChildOutlivesTheThreadThatStartedIt() throws {
        // The kernel's parent-death signal is about the thread that forked.
        let pids = try Inbox<Int32>()
        let thread = try LoopThread(named: "starter") {
            guard let request = try? LaunchRequest.probe("lifeline"),
                let line = try? LifeLine()
            else { return }
            var withLine = request
            withLine.descriptors = ["life": line.childEnd.rawValue]
            withLine.output = .piped
            guard let child = try? ChildProcess(starting: withLine) else { return }
            _ = try? readLine(child.standardOutput)
            pids.put(child.pid)
            // The thread ends; the parent's end of the line stays open, the child is reaped below.
            _ = line.keepParentEnd().take()
            _ = unsafe Unmanaged.passRetained(child)
        }
        thread.join()
        let pid = try #require(pids.take().first)
        // Had the signal come with the thread's end, the process would be a zombie by now.
        var code: Int32 = 0
        var signalled: Int32 = 0
        #expect(unsafe swoop_reap(pid, 0, &code, &signalled) == 0)
        kill(pid, SIGKILL)
        #expect(unsafe swoop_reap(pid, 1, &code, &signalled) == 1)
        #expect(code == SIGKILL)
    }

    @Test func aClosedLifeLineIsSeenByTheChild() throws {
        let line = try LifeLine()
        var request = try LaunchRequest.probe("lifeline")
        request.descriptors = ["life": line.childEnd.rawValue]
        request.output = .piped
        let child = try ChildProcess(starting: request)
        defer { child.endUnlessReaped() }
        #expect(try readLine(child.standardOutput) == "ready")
        let kept = line.keepParentEnd()
        #expect(child.reap() == nil)
        _ = consume kept
        #expect(try endOf(child) == .exited(7))
    }

    @Test func manyChildrenLeaveNoDescriptorBehind() throws {
        func count() -> Int { (Int32(0)..<1_024).filter { fcntl($0, F_GETFD) >= 0 }.count }
        let before = count()
        for _ in 0..<200 {
            var request = LaunchRequest(program: "/bin/true", arguments: [])
            request.output = .piped
            let child = try ChildProcess(starting: request)
            defer { child.endUnlessReaped() }
            #expect(child.waitUntilEnded() == .exited(0))
        }
        // Other tests run beside this one: what 200 leaks would make is far above what they hold.
        #expect(count() - before < 150)
    }

    #if !os(macOS)
        @Test func droppingAChildUnreapedTraps() async {
            await #expect(processExitsWith: .failure) {
                _ = try ChildProcess(starting: LaunchRequest(program: "/bin/true", arguments: []))
            }
        }
    #endif
}

/// Waits until no process has this number, or only a zombie whose parent may not have looked yet.
func waitUntilGone(_ pid: Int32) throws {
    let deadline = MonotonicClock.nanoseconds() + 10_000_000_000
    let descriptor = swoop_pidfd_open(pid)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var loop = PollLoop()
    _ = loop.watch(descriptor: descriptor)
    try loop.wait(until: deadline)
    let hasEnded = !loop.ready.isEmpty
    #expect(hasEnded, "Process \(pid) still runs.")
}
