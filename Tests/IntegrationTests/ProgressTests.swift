// What a person is told of how far a plan is, at a terminal and in a file.

import Swoop
import SwoopModel
import Testing

@Suite struct ProgressTests {
    private let second: Int64 = 1_000_000_000

    private func count(
        _ done: UInt64, of total: UInt64, running: UInt64 = 2, read: UInt64 = 0, left: Int64 = 0
    ) -> ProgressCount {
        ProgressCount(
            done: done, running: running, total: total, bytesIn: read, nanosecondsLeft: left)
    }

    @Test func `a terminal shows one line that updates, and nothing of short work`() {
        var line = ProgressLine(isTerminal: true)
        #expect(line.take(count(0, of: 100), at: 0) == .nothing)
        #expect(line.take(count(40, of: 100), at: second / 4) == .nothing)
        #expect(line.take(count(100, of: 100), at: second * 2 / 5) == .nothing)
        // What was done before is not counted again.
        #expect(line.take(count(100, of: 150), at: 10 * second) == .nothing)
        #expect(
            line.take(count(110, of: 150, read: 3 << 20, left: 90 * second), at: 11 * second)
                == .updated("10 of 50 tasks done, 2 running, 3.0 MiB read, 1.0 s, about 90 s left"))
        #expect(
            line.take(count(120, of: 150), at: 11 * second + second / 4)
                == .updated("20 of 50 tasks done, 2 running, 1.3 s"))
        #expect(line.take(count(150, of: 150), at: 12 * second) == .cleared)
        #expect(line.take(count(150, of: 150), at: 13 * second) == .nothing)
    }

    @Test func `a file gets a line every five seconds, and one at the end`() {
        var line = ProgressLine(isTerminal: false)
        var said: [String] = []
        for quarter in 0...48 {
            let done = UInt64(quarter)
            if case .line(let text) = line.take(
                count(done, of: 48), at: Int64(quarter) * second / 4)
            {
                said.append(text)
            }
        }
        #expect(
            said == [
                "20 of 48 tasks done, 2 running, 5.0 s", "40 of 48 tasks done, 2 running, 10 s",
                "48 of 48 tasks done in 12 s",
            ])
    }

    @Test func `failures are told, and times and sizes are short`() {
        var line = ProgressLine(isTerminal: true)
        var failing = count(1, of: 9)
        _ = line.take(failing, at: 0)
        failing.failed = 3
        #expect(
            line.take(failing, at: second)
                == .updated("1 of 9 tasks done, 3 failed, 2 running, 1.0 s"))
        #expect(ProgressLine.time(4_000_000_000) == "4.0 s")
        #expect(ProgressLine.time(185 * second) == "3 min 5 s")
        #expect(ProgressLine.time(7_300 * second) == "2 h 1 min")
        #expect(ProgressLine.size(999) == "999 bytes")
        #expect(ProgressLine.size(1_500 << 20) == "1.5 GiB")
        #expect(ProgressLine.size(250 << 20) == "250 MiB")
    }
}
