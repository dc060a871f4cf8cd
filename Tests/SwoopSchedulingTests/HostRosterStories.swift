// Stories of the hosts of a standing cluster: lost, tried again, added, taken away.

import SwoopModel
import SwoopScheduling
import Testing

private let second = nanosecondsPerSecond

/// A roster, and its orders.
private struct TestRoster {
    var roster = HostRoster()
    var now: Int64 = 0
    var orders: [HostEffect] = []

    mutating func handle(_ event: HostEvent) {
        orders = []
        roster.handle(event, at: Timestamp(nanoseconds: now), into: &orders)
    }

    /// Goes on to the next deadline; how long that took, in seconds.
    mutating func pass() -> Double {
        guard let due = roster.nextDeadline else { return -1 }
        let seconds = Double(due.nanoseconds - now) / 1e9
        now = due.nanoseconds
        handle(.deadlineReached)
        return seconds
    }

    func state(_ name: String) -> HostState? {
        roster.states { _ in "2 tasks to end" }.first { $0.name == name }
    }
}

@Suite struct HostRosterStories {
    /// Two hosts that have been there for an hour.
    private func pair() -> TestRoster {
        var test = TestRoster()
        test.handle(.kept("alpha", isThere: true))
        test.handle(.kept("beta", isThere: true))
        test.now = 3_600 * second
        return test
    }

    @Test func `a lost host is tried again with growing pauses, and as usual after it was well`() {
        var test = pair()
        test.handle(.lost("alpha", reason: "it was silent for 10 s"))
        #expect(test.orders == [])
        #expect(test.state("alpha")?.phase == .waiting)
        #expect(test.state("alpha")?.nanosecondsLeft == 2 * second)
        #expect(test.state("alpha")?.text == "it was silent for 10 s")
        var pauses: [Double] = []
        for _ in 1...10 {
            pauses.append(test.pass())
            #expect(test.orders == [.bringUp(["alpha"])])
            #expect(test.roster.nextDeadline == nil)
            test.handle(.failed("alpha", reason: "no route", passes: true))
        }
        #expect(pauses == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300])
        #expect(test.state("alpha")?.tries == 10)
        _ = test.pass()
        test.handle(.joined("alpha"))
        #expect(test.state("alpha") == HostState(name: "alpha", phase: .up))
        test.now += 61 * second
        test.handle(.lost("alpha", reason: "its power failed"))
        #expect(test.pass() == 2)
    }

    @Test func `one that comes and goes is not tried ever faster`() {
        var test = pair()
        var pauses: [Double] = []
        for _ in 1...5 {
            test.handle(.lost("alpha", reason: "its connection ended"))
            pauses.append(test.pass())
            test.handle(.joined("alpha"))
            test.now += second
        }
        #expect(pauses == [2, 4, 8, 16, 32])
    }

    @Test func `what somebody has to mend is tried seldom`() {
        var test = pair()
        test.handle(.lost("alpha", reason: "its power failed"))
        _ = test.pass()
        test.handle(.failed("alpha", reason: "its key has changed", passes: false))
        #expect(test.pass() == 300)
    }

    @Test func `one that comes back by itself is there, whatever its trial tells`() {
        var test = pair()
        test.handle(.lost("alpha", reason: "its connection ended"))
        _ = test.pass()
        test.handle(.joined("alpha"))
        test.handle(.failed("alpha", reason: "its agent is there", passes: true))
        #expect(test.state("alpha")?.phase == .up)
        #expect(test.roster.nextDeadline == nil)
    }

    @Test func `asked for again, missing ones are tried at once and new ones are added`() {
        var test = pair()
        test.handle(.lost("alpha", reason: "its power failed"))
        test.handle(.wanted(["alpha", "beta", "gamma"]))
        #expect(test.orders == [.bringUp(["alpha", "gamma"])])
        test.handle(.wanted(["gamma"]))
        #expect(test.orders == [])
        test.handle(.progressed("gamma", "connecting"))
        #expect(test.state("gamma")?.text == "connecting")
        // One that never was there is given up; the other is tried by itself.
        test.handle(.failed("gamma", reason: "no such host", passes: true))
        #expect(test.orders == [.forget("gamma")])
        test.handle(.failed("alpha", reason: "no route", passes: true))
        #expect(test.state("alpha")?.phase == .waiting)
        #expect(!test.roster.contains("gamma") && test.roster.contains("alpha"))
    }

    @Test func `whoever stops waiting gives up what was new, and nothing else`() {
        var test = pair()
        test.handle(.lost("alpha", reason: "its power failed"))
        test.handle(.wanted(["alpha", "gamma"]))
        test.handle(.notAwaited(["alpha", "beta", "gamma"]))
        #expect(test.orders == [.forget("gamma")])
        #expect(test.state("alpha")?.phase == .coming)
        // Its agent may be on its way: it is not taken in.
        #expect(!test.roster.awaits("gamma") && test.roster.awaits("alpha"))
    }

    @Test func `a host that leaves hands on what it has, and is gone then`() {
        var test = pair()
        test.handle(.unwanted("alpha", within: 60 * second))
        let until = Timestamp(nanoseconds: test.now + 60 * second)
        #expect(test.orders == [.drain("alpha", until: until)])
        #expect(test.state("alpha")?.phase == .leaving)
        #expect(test.state("alpha")?.text == "2 tasks to end")
        test.handle(.drained("alpha"))
        #expect(test.orders == [.forget("alpha")])
        #expect(test.roster.hosts.map(\.name) == ["beta"])
    }

    @Test func `a host that leaves stays where somebody wants it again`() {
        var test = pair()
        test.handle(.unwanted("alpha", within: second))
        test.handle(.wanted(["alpha"]))
        #expect(test.orders == [.keep("alpha")])
        #expect(test.state("alpha")?.phase == .up)
    }

    @Test
    func `one that is lost while it leaves has left, and one that is not there leaves at once`() {
        var test = pair()
        test.handle(.unwanted("alpha", within: second))
        test.handle(.lost("alpha", reason: "its power failed"))
        #expect(test.orders == [.forget("alpha")])
        test.handle(.lost("beta", reason: "its power failed"))
        test.handle(.unwanted("beta", within: second))
        #expect(test.orders == [.forget("beta")])
        #expect(test.roster.nextDeadline == nil)
        #expect(test.roster.awaited.contains("`swoop up HOST`"))
    }

    @Test func `what work waits for is said in a line`() {
        var test = pair()
        test.handle(.lost("alpha", reason: "it was silent for 10 s"))
        test.handle(.lost("beta", reason: "its connection ended"))
        test.handle(.wanted(["beta"]))
        #expect(
            test.roster.awaited
                == "no node is there, and the work waits: alpha is tried again in 2 s (it was silent "
                + "for 10 s); beta is being brought up")
    }
}
