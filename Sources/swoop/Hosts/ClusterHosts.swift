// Orders about the hosts of a cluster that is up: given to its coordinator, told of until each host
// has come or gone.

import Swoop
import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire

/// The hosts of a cluster that is up.
struct ClusterHosts {
    private let address: CoordinatorAddress
    private let showsProgress: Bool
    /// Where the output is no terminal, what is only further is told so often: every five seconds.
    private static let period = 5 * nanosecondsPerSecond

    init(_ address: CoordinatorAddress, showsProgress: Bool) {
        self.address = address
        self.showsProgress = showsProgress
    }

    /// What became of the hosts of an order.
    private struct Course {
        var names: [String] = []
        var results: [HostResult] = []
        /// Hosts that were seen on their way.
        var moving: [String: Int64] = [:]
        var saidAt: [String: Int64] = [:]
        var isStopped = false
        /// Hosts are to leave; else they are to come.
        var isOfLeaving = false

        var open: [String] { names.filter { name in !results.contains { $0.host == name } } }
    }

    /// Has hosts brought up; whether the user stopped that.
    func bringUp(
        _ wanted: HostsWanted
    ) throws -> (reports: [StandingCluster.HostReport], isStopped: Bool) {
        let course = try follow(.wantHosts(wanted)) { .forgetHosts($0) }
        let reports = course.names.map { name in
            course.results.first { $0.host == name }.map { StandingCluster.HostReport($0) }
                ?? StandingCluster.HostReport(stopped: name)
        }
        return (reports, course.isStopped)
    }

    /// Has hosts leave; what became of each, and those that the user waited for no longer.
    func takeDown(
        _ hosts: [String], within seconds: Int
    ) throws -> (results: [HostResult], open: [String]) {
        let order = ClientMessage.releaseHosts(
            hosts, within: Int64(seconds) * nanosecondsPerSecond)
        let course = try follow(order) { _ in nil }
        return (course.results, course.open)
    }

    /// The hosts, as the coordinator tells of them; none where it keeps none.
    func states() throws -> [HostState] {
        var viewer = try CoordinatorViewer(address, now: MonotonicClock.nanoseconds())
        let limit = MonotonicClock.nanoseconds() + 2 * nanosecondsPerSecond
        var poll = PollLoop()
        _ = poll.watch(viewer.socket)
        var found: [HostState]?
        var isOver = false
        while found == nil, !isOver, MonotonicClock.nanoseconds() < limit {
            let now = MonotonicClock.nanoseconds()
            for news in viewer.news(now: now) {
                switch news {
                case .hosts(let states): found = states
                // A coordinator that keeps hosts tells of them before anything else.
                case .usage: isOver = true
                case .end(let ending): throw ToolError(ending.sentence)
                case .nodes, .taken, .settled, .kept, .keptSettled: break
                }
            }
            if found == nil, !isOver {
                try poll.wait(until: min(limit, viewer.nextDeadline(now: now)))
            }
        }
        viewer.close()
        guard found != nil || isOver else {
            throw ToolError("\(address.cluster) does not answer: see `swoop status`")
        }
        return found ?? []
    }

    /// Gives an order, and follows it until every host has settled.
    ///
    /// - Parameter stop: what the coordinator is told when the user stops.
    private func follow(
        _ order: ClientMessage, stop: ([String]) -> ClientMessage?
    ) throws -> Course {
        // Before any other thread starts.
        let interrupts = try EndingSignals()
        var viewer = try CoordinatorViewer(address, now: MonotonicClock.nanoseconds())
        var poll = PollLoop()
        _ = poll.watch(viewer.socket)
        var course = Course()
        if case .releaseHosts = order { course.isOfLeaving = true }
        var lines: BringUpLines?
        var isGiven = false
        while true {
            let now = MonotonicClock.nanoseconds()
            for news in viewer.news(now: now) {
                switch news {
                case .taken(let names, let refusal):
                    guard refusal.isEmpty else { throw ToolError(refusal) }
                    course.names = names
                    if showsProgress { lines = BringUpLines(of: names) }
                case .hosts(let states): tell(states, &course, lines, now: now)
                case .settled(let result): settle(result, &course, lines, now: now)
                case .end(let ending): throw ToolError(ending.sentence)
                case .usage, .nodes, .kept, .keptSettled: break
                }
            }
            if viewer.isConnected, !isGiven {
                isGiven = true
                viewer.order(order)
            }
            if !course.names.isEmpty, course.open.isEmpty { break }
            if interrupts.hasCome {
                course.isStopped = true
                if let message = stop(course.open) { viewer.order(message) }
                break
            }
            try poll.wait(until: viewer.nextDeadline(now: now))
        }
        viewer.close()
        return course
    }

    private func tell(
        _ states: [HostState], _ course: inout Course, _ lines: BringUpLines?, now: Int64
    ) {
        for state in states where course.open.contains(state.name) {
            guard state.phase == .coming || state.phase == .leaving else { continue }
            let isFirst = course.moving[state.name] == nil
            if isFirst { course.moving[state.name] = now }
            guard !state.text.isEmpty else { continue }
            let isDue = now - (course.saidAt[state.name] ?? 0) >= Self.period
            let isNews = state.phase == .leaving && isDue
            if isNews { course.saidAt[state.name] = now }
            let words = state.phase == .leaving ? StatusTable.words(for: state) : state.text
            lines?.say(words, of: state.name, isNews: isNews)
        }
    }

    private func settle(
        _ result: HostResult, _ course: inout Course, _ lines: BringUpLines?, now: Int64
    ) {
        guard course.names.contains(result.host) else { return }
        course.results.append(result)
        let took = course.moving[result.host].map { BringUpLines.seconds(now - $0) }
        var words: String
        if !result.failure.isEmpty {
            let head = "\(result.host): "
            words =
                result.failure.hasPrefix(head)
                ? String(result.failure.dropFirst(head.count)) : result.failure
        } else if case .some(let took) = took {
            words = "done after \(took)"
        } else {
            words = course.isOfLeaving ? "has left" : "is up"
        }
        if !result.remark.isEmpty { words += "; \(result.remark)" }
        lines?.say(words, of: result.host, isNews: true)
    }
}
