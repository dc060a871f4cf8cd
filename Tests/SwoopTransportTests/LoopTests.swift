// Waiting: deadlines, wake-ups from other threads, inboxes, threads.

import Glibc
import SwoopLaunching
import SwoopTransport
import Synchronization
import TestPrograms
import Testing

@Suite struct LoopTests {
    @Test func aWaitEndsAtItsDeadlineAndNotBefore() throws {
        var loop = PollLoop()
        let wakeup = try Wakeup()
        _ = loop.watch(descriptor: wakeup.descriptor)
        let start = MonotonicClock.nanoseconds()
        try loop.wait(until: start + 20_000_000)
        #expect(MonotonicClock.nanoseconds() - start >= 20_000_000)
        let nothing = loop.ready.isEmpty
        #expect(nothing)
    }

    @Test func anInboxWakesTheLoopAndKeepsTheOrder() throws {
        let inbox = try Inbox<Int>()
        let thread = try LoopThread(named: "sender") {
            for number in 0..<1_000 { inbox.put(number) }
            inbox.put(contentsOf: [1_000, 1_001])
        }
        var loop = PollLoop()
        let source = loop.watch(descriptor: inbox.wakeup.descriptor)
        var seen: [Int] = []
        var spare: [Int] = []
        while seen.count < 1_002 {
            try loop.wait(
                until: MonotonicClock.nanoseconds() + 10_000_000_000, spinNanoseconds: 5_000)
            let isReady = loop.isReady(source)
            try #require(isReady)
            spare = inbox.take(reusing: spare)
            seen += spare
        }
        thread.join()
        #expect(seen == Array(0..<1_002))
    }

    @Test func aSourceThatWasRemovedOrSilencedIsNotReported() throws {
        let first = try Wakeup()
        let second = try Wakeup()
        first.raise()
        second.raise()
        var loop = PollLoop()
        let one = loop.watch(descriptor: first.descriptor)
        let two = loop.watch(descriptor: second.descriptor)
        try loop.wait(until: nil)
        #expect(loop.ready.map(\.source) == [one, two])
        loop.remove(one)
        try loop.wait(until: nil)
        #expect(loop.ready.map(\.source) == [two])
        loop.change(two, to: [])
        try loop.wait(until: 0)
        let nothing = loop.ready.isEmpty
        #expect(nothing)
        loop.change(two, to: .readable)
        try loop.wait(until: nil)
        #expect(loop.ready.map(\.source) == [two])
    }

    @Test func aWakeupThatSomebodyMadeBlockingIsClearedWithoutWaiting() throws {
        let wakeup = try Wakeup()
        wakeup.raise()
        let flags = fcntl(wakeup.descriptor, F_GETFL)
        #expect(fcntl(wakeup.descriptor, F_SETFL, flags & ~O_NONBLOCK) == 0)
        #expect(wakeup.clear())
        // A read of a counter that is zero would wait here without end.
        #expect(!wakeup.clear())
    }

    @Test func aThreadHasItsName() throws {
        let names = Mutex<[String]>([])
        let thread = try LoopThread(named: "swoop-agent-loop") {
            let file = unsafe open("/proc/thread-self/comm", O_RDONLY)
            var name = [UInt8](repeating: 0, count: 16)
            _ = unsafe read(file, &name, 16)
            _ = close(file)
            let text = String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
            names.withLock { $0.append(text) }
        }
        thread.join()
        #expect(names.withLock { $0 } == ["swoop-agent-loo"])
    }

    @Test func aThousandConnectionsLeaveNoDescriptorAndNoMemoryBehind() throws {
        // In a process of its own: descriptors and memory are counted for the whole process.
        let child = try ChildProcess(starting: .probe("churn"))
        defer { child.endUnlessReaped() }
        #expect(child.waitUntilEnded() == .exited(0))
    }
}
