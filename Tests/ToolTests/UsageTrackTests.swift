// How snapshots become rates, and how they grow old.

import SwoopModel
import Testing
import swoop

@Suite struct UsageTrackTests {
    private let second = nanosecondsPerSecond

    @Test func `rates are the growth of counters over the last second`() {
        var track = UsageTrack(cluster: "c")
        #expect(track.reading(at: 0) == nil)
        for step in 0...20 as ClosedRange<Int64> {
            // Half busy for a second, then all the time.
            let busy = step <= 10 ? step * second / 20 : second / 2 + (step - 10) * second / 10
            track.take(usage(busyNanoseconds: busy, cpu: 2 * busy), at: step * second / 10)
            let cores = track.reading(at: step * second / 10)?.nodes.first?.cores
            if step < 2 { #expect(!track.hasRates && cores?.first?.loadPercent == nil) }
            if step == 10 { #expect(cores?.first?.loadPercent == 50) }
        }
        let node = track.reading(at: 2 * second)?.nodes.first
        #expect(node?.cores.first?.loadPercent == 100)
        #expect(node?.cpuPercent == 200)
    }

    @Test func `the same sample told twice is one`() {
        var track = UsageTrack(cluster: "c")
        track.take(usage(busyNanoseconds: 0, cpu: 0, age: 0), at: 0)
        track.take(usage(busyNanoseconds: 0, cpu: 0, age: 995_000_000), at: second)
        #expect(!track.hasRates)
    }

    @Test func `a counter that begins anew gives no rate`() {
        var track = UsageTrack(cluster: "c")
        track.take(usage(busyNanoseconds: 5 * second, cpu: 5 * second), at: 0)
        track.take(usage(busyNanoseconds: 0, cpu: 0), at: second / 2)
        let node = track.reading(at: second / 2)?.nodes.first
        #expect(node?.cores.first?.loadPercent == nil)
        #expect(node?.cpuPercent == nil)
    }

    @Test func `a node without news for two seconds is silent, whoever is to blame`() {
        var track = UsageTrack(cluster: "c")
        track.take(usage(busyNanoseconds: 0, cpu: 0, age: second / 2), at: 0)
        let fresh = track.reading(at: second)
        #expect(fresh?.busyCores == 1)
        #expect(fresh?.nodes.first?.ageNanoseconds == second * 3 / 2)
        let old = track.reading(at: second * 8 / 5)
        #expect(old?.nodes.first?.isSilent == true)
        #expect(old?.busyCores == 0 && old?.cores == 0)
        #expect(old?.nodes.first?.cores.first?.activity == .unknown)
        track.take(usage(busyNanoseconds: 0, cpu: 0, isSilent: true), at: 5 * second)
        #expect(track.reading(at: 5 * second)?.nodes.first?.isSilent == true)
    }
}
