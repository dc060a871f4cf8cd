// Whether hosts are there. A node may be on the list whose agent ended a moment ago, or stands
// still: whoever asks hears of it once it gave a sign of life after that, or is gone.

import SwoopModel
import SwoopScheduling
package import SwoopTransport

/// A question whether a host is there.
struct HostCheck {
    var host: String
    var askedAt: Int64
    /// Who asks; nil: the clients that wait for the host.
    var asker: Answer<String>?
}

extension CoordinatorLoop {
    /// What came before this time after the question may have lain unread since before it: the last
    /// words of an agent that is dead.
    private static let staleLimit = 2 * usagePeriod
    /// At the first bring-up an agent that joined no longer than this before the question is there:
    /// a quick one need not wait for more.
    private static let freshLimit = 10 * usagePeriod

    /// The answer is why the host is not there, or nothing.
    mutating func check(_ host: String, for asker: Answer<String>?, now: Int64) {
        guard hosts != nil else {
            asker?.give("")
            return
        }
        // Clients are told together: the last question of theirs counts.
        if asker == nil { hosts?.checks.removeAll { $0.host == host && $0.asker == nil } }
        hosts?.checks.append(HostCheck(host: host, askedAt: now, asker: asker))
        // The agent of this machine may not have joined yet.
        let mayCome = isThere(host) || host == Self.localName && child != nil
        guard mayCome else {
            return concludeChecks(of: host, failure: "its agent is gone", now: now)
        }
        let joined = nodes.first { $0.description.name == host }?.joinedAt
        if asker != nil, let joined, now - joined < Self.freshLimit {
            confirm(host) { $0.asker != nil }
        }
    }

    /// An agent has joined: that is a sign of life.
    mutating func sawJoin(of host: String) { confirm(host) { _ in true } }

    /// A node gave a sign of life.
    mutating func sawSign(of node: NodeID, now: Int64) {
        guard hosts?.checks.isEmpty == false,
            let name = nodes.first(where: { $0.id == node })?.description.name
        else { return }
        confirm(name) { now - $0.askedAt >= Self.staleLimit }
    }

    /// The host is there.
    private mutating func confirm(_ host: String, where isDue: (HostCheck) -> Bool) {
        for check in takeChecks(of: host, where: isDue) {
            if let asker = check.asker {
                asker.give("")
            } else {
                settle(HostResult(host: host), leaves: false)
            }
        }
    }

    /// The host is not there, whoever asked; clients that wait for it want it brought up.
    mutating func concludeChecks(of host: String, failure: String, now: Int64) {
        for check in takeChecks(of: host, where: { _ in true }) {
            if let asker = check.asker {
                asker.give(failure)
            } else if hosts?.roster.contains(host) == true {
                handle(HostEvent.wanted([host]), now: now)
            } else {
                settle(HostResult(host: host, step: "start", failure: failure), leaves: false)
            }
        }
    }

    private mutating func takeChecks(
        of host: String, where isDue: (HostCheck) -> Bool
    ) -> [HostCheck] {
        let due = hosts?.checks.filter { $0.host == host && isDue($0) } ?? []
        if !due.isEmpty { hosts?.checks.removeAll { $0.host == host && isDue($0) } }
        return due
    }
}

extension Coordinator {
    /// Why hosts are not there that had joined, by name: each of the others gave a sign of life
    /// after the question.
    ///
    /// Waits for the agent of this machine, which may not have joined yet.
    package func missing(of hosts: [String]) throws(TransportError) -> [String: String] {
        var answers: [(host: String, answer: Answer<String>)] = []
        for host in hosts {
            let answer = try Answer<String>()
            answers.append((host, answer))
            ask(host, answer)
        }
        let limit = MonotonicClock.nanoseconds() + Self.signLimit
        var failures: [String: String] = [:]
        for (host, answer) in answers {
            let failure = answer.wait(until: limit) ?? "its agent gives no sign of life"
            if !failure.isEmpty { failures[host] = failure }
        }
        return failures
    }

    /// Longer than the silence after which a node is given up: a minute.
    private static let signLimit = 60 * nanosecondsPerSecond
}
