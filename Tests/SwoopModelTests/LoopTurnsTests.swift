// How a loop notices its own absence, and how a silence is judged afterwards.

import SwoopModel
import Testing

@Suite struct LoopTurnsTests {
    private func at(_ milliseconds: Int64) -> Timestamp {
        Timestamp(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func `a turn that comes in time is no absence, a late one is`() {
        var turns = LoopTurns(longest: 2_000_000_000)
        #expect(turns.begin(at: at(500)) == 0)
        #expect(turns.begin(at: at(2_500)) == 0)
        #expect(turns.begin(at: at(14_501)) == 12_001_000_000)
        #expect(turns.begin(at: at(14_502)) == 0)
    }

    @Test func `a silence moves by the absence, and never into the future`() {
        let limit = 10 * nanosecondsPerSecond
        let heard = at(1_000).excusing(12 * nanosecondsPerSecond, of: limit, at: at(13_500))
        #expect(heard == at(13_000))
        #expect(
            at(13_400).excusing(12 * nanosecondsPerSecond, of: limit, at: at(13_500)) == at(13_500))
    }

    @Test func `two seconds of listening are left, however long the silence was before`() {
        let limit = 10 * nanosecondsPerSecond
        let heard = at(0).excusing(3 * nanosecondsPerSecond, of: limit, at: at(12_900))
        #expect(heard == at(4_900))
        // Of a limit that is shorter than that, all of it.
        #expect(
            at(0).excusing(3 * nanosecondsPerSecond, of: 1_000_000_000, at: at(9_000)) == at(9_000))
        // The end of time is not passed.
        #expect(at(5).excusing(.max, of: .max, at: at(9_000)) == at(9_000))
    }
}
