// What the tool wants of a cluster that keeps data: one question or order, and its answer.

import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire

/// Orders about what a cluster keeps.
struct KeptOrders {
    private let address: CoordinatorAddress
    /// How long a coordinator has to answer: it may be at a large submission.
    private let patience: Int64

    init(_ address: CoordinatorAddress, patience: Int64 = 10 * nanosecondsPerSecond) {
        self.address = address
        self.patience = patience
    }

    /// The clusters that keep data for this user: those that stand.
    static func clusters(named name: String?) throws -> [CoordinatorAddress] {
        let standing = try CoordinatorChoice.running().filter { $0.holder != .program }
        let chosen = standing.filter { name == nil || $0.cluster == name }
        guard chosen.isEmpty else { return chosen }
        if let name, !standing.isEmpty {
            throw ToolError(
                "no cluster named \(name) is up here for this user; these are: "
                    + standing.map(\.cluster).joined(separator: ", "))
        }
        throw ToolError(
            "no cluster is up here for this user: data is kept in one that stands "
                + "(`swoop up --help`)")
    }

    /// What it keeps.
    func everything() throws -> [KeptState] {
        try ask(.wantKept) { news in
            if case .kept(let states) = news { states } else { nil }
        }
    }

    /// Has it keep nothing more under these names.
    func free(_ names: [String]) throws {
        let refusal = try ask(.freeKept(number: 0, names)) { news in
            if case .keptSettled(let refusal) = news { refusal } else { nil }
        }
        if !refusal.isEmpty { throw ToolError(refusal + "; `swoop data` lists it") }
    }

    private func ask<Answer>(
        _ order: ClientMessage, _ answer: (CoordinatorViewer.News) -> Answer?
    ) throws -> Answer {
        var viewer = try CoordinatorViewer(address, now: MonotonicClock.nanoseconds())
        let began = MonotonicClock.nanoseconds()
        let limit = began + patience
        var isToldToWait = false
        var poll = PollLoop()
        _ = poll.watch(viewer.socket)
        var found: Answer?
        var isGiven = false
        while found == nil {
            let now = MonotonicClock.nanoseconds()
            for news in viewer.news(now: now) {
                if case .end(let ending) = news { throw ToolError(ending.sentence) }
                found = found ?? answer(news)
            }
            if viewer.isConnected, !isGiven {
                isGiven = true
                viewer.order(order)
            }
            guard found == nil else { break }
            guard now < limit else {
                throw ToolError("\(address.cluster) does not answer: see `swoop status`")
            }
            if !isToldToWait, now - began > nanosecondsPerSecond {
                isToldToWait = true
                StandardError.say(
                    "\(address.cluster) has not answered yet: waiting for at most "
                        + "\(patience / nanosecondsPerSecond) s")
            }
            try poll.wait(until: min(limit, viewer.nextDeadline(now: now)))
        }
        viewer.close()
        guard let found else { throw ToolError("\(address.cluster) does not answer") }
        return found
    }
}
