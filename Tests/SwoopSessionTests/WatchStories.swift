// Stories of a client that watches its coordinator.

import SwoopModel
import SwoopSession
import Testing

@Suite struct WatchStories {
    private func at(_ seconds: Double) -> Timestamp {
        Timestamp(nanoseconds: Int64(seconds * 1e9))
    }

    /// One that was heard at second 0.
    private func heard() -> CoordinatorWatch {
        var watch = CoordinatorWatch(patience: 2 * nanosecondsPerSecond, at: at(-1))
        watch.hear(at: at(0))
        return watch
    }

    /// Turns as a loop takes them that nothing wakes.
    private func listen(_ watch: inout CoordinatorWatch, _ seconds: ClosedRange<Int>) {
        for second in seconds { watch.beginTurn(at: at(Double(second))) }
    }

    @Test func `a coordinator that is silent is looked for, and then given up, once`() {
        var watch = heard()
        listen(&watch, 0...2)
        #expect(watch.judge(at: at(1.9)) == .fine)
        #expect(watch.judge(at: at(2)) == .doubtful)
        listen(&watch, 3...10)
        #expect(watch.judge(at: at(10)) == .doubtful)
        listen(&watch, 11...11)
        #expect(watch.judge(at: at(11)) == .silent)
        #expect(watch.judge(at: at(12)) == .fine)
        watch.hear(at: at(13))
        #expect(watch.judge(at: at(13)) == .fine)
    }

    @Test(arguments: [3.0, 12, 30])
    func `one's own stop is not the coordinator's silence`(stop: Double) {
        var watch = heard()
        listen(&watch, 0...1)
        watch.beginTurn(at: at(1 + stop))
        #expect(watch.judge(at: at(1 + stop)) == .fine)
        // What waits is read; or nothing comes, and it is silent from then on.
        for second in 1...8 { watch.beginTurn(at: at(1 + stop + Double(second))) }
        #expect(watch.judge(at: at(9 + stop)) == .doubtful)
        for second in 9...10 { watch.beginTurn(at: at(1 + stop + Double(second))) }
        #expect(watch.judge(at: at(11.1 + stop)) == .silent)
    }

    /// Heard of before the stop, or waiting for the first answer.
    @Test(arguments: [true, false], [5.0, 12])
    func `a silence that was almost over leaves two seconds to listen after a stop`(
        wasHeard: Bool, stop: Double
    ) {
        var watch =
            wasHeard ? heard() : CoordinatorWatch(patience: 2 * nanosecondsPerSecond, at: at(0))
        if !wasHeard { watch.reach() }
        listen(&watch, 1...9)
        for (second, verdict) in [
            (0, .doubtful), (1.9, .doubtful), (2.1, wasHeard ? .silent : .unanswered),
        ] as [(Double, CoordinatorWatch.Verdict)] {
            let time = at(9 + stop + second)
            watch.beginTurn(at: time)
            #expect(watch.judge(at: time) == verdict)
        }
    }

    @Test func `the patience of the beginning counts only while this process listens`() {
        var watch = CoordinatorWatch(patience: 2 * nanosecondsPerSecond, at: at(0))
        watch.beginTurn(at: at(12))
        #expect(watch.judge(at: at(12)) == .fine)
        watch.beginTurn(at: at(13))
        watch.hear(at: at(13))
        #expect(watch.judge(at: at(14)) == .fine)
        var other = CoordinatorWatch(patience: 2 * nanosecondsPerSecond, at: at(0))
        listen(&other, 1...2)
        #expect(other.judge(at: at(2.1)) == .unanswered)
        #expect(other.judge(at: at(2.2)) == .fine)
    }

    @Test func `a coordinator that was reached has ten seconds to answer, and is looked for`() {
        var watch = CoordinatorWatch(patience: 2 * nanosecondsPerSecond, at: at(0))
        watch.beginTurn(at: at(1))
        watch.reach()
        listen(&watch, 2...7)
        #expect(watch.judge(at: at(1.9)) == .fine)
        #expect(watch.judge(at: at(2.5)) == .doubtful)
        #expect(watch.judge(at: at(7.5)) == .doubtful)
        #expect(watch.nextTurn(after: at(7.5)) == at(7.75))
        var answered = watch
        answered.hear(at: at(8))
        #expect(answered.judge(at: at(9.9)) == .fine)
        listen(&watch, 8...10)
        watch.reach()
        #expect(watch.nextTurn(after: at(9.9)).nanoseconds == 10 * nanosecondsPerSecond + 1)
        #expect(watch.judge(at: at(10.1)) == .unanswered)
        #expect(watch.judge(at: at(10.2)) == .fine)
    }

    @Test func `a turn is never further than a second, and looks come four times a second`() {
        var watch = heard()
        #expect(watch.nextTurn(after: at(0)) == at(1))
        #expect(watch.nextTurn(after: at(1.5)) == at(2))
        #expect(watch.nextTurn(after: at(3)) == at(3.25))
        watch.giveUp()
        #expect(watch.judge(at: at(40)) == .fine)
        let fresh = CoordinatorWatch(patience: 500_000_000, at: at(0))
        #expect(fresh.nextTurn(after: at(0)).nanoseconds == 500_000_001)
    }
}
