// The hosts of a standing cluster: which are there, which are brought up, when a lost one is tried
// again, which are about to leave. Whoever talks to hosts tells what became of it.

package import SwoopModel

/// A fact about hosts.
package enum HostEvent: Equatable, Sendable {
    /// Somebody wants these hosts in the cluster: new ones are added, missing ones are tried at
    /// once, and one that was about to leave stays.
    case wanted([String])
    /// Whoever wanted these does not wait for them any longer.
    case notAwaited([String])
    /// A host that was brought up before there was a roster; whether its agent is still there.
    case kept(String, isThere: Bool)
    /// Somebody wants the host to leave; what still runs there after so long is handed on.
    case unwanted(String, within: Int64)
    /// The host's agent has joined.
    case joined(String)
    /// It is gone, and why.
    case lost(String, reason: String)
    /// The host is being brought up, and so far it is.
    case progressed(String, String)
    /// It could not be brought up, and why; whether that is of a kind that passes by itself.
    case failed(String, reason: String, passes: Bool)
    /// A host that leaves has handed everything on.
    case drained(String)
    /// The time that `nextDeadline` named has come.
    case deadlineReached
}

/// An order about hosts.
package enum HostEffect: Equatable, Sendable {
    /// Bring these up: `joined` or `failed` follows for each.
    case bringUp([String])
    /// Have the host's node hand its work on: `drained` or `lost` follows.
    case drain(String, until: Timestamp)
    /// It stays after all.
    case keep(String)
    /// It belongs to the cluster no more.
    case forget(String)
}

/// The hosts of a standing cluster.
package struct HostRoster: Sendable {
    /// What may be set.
    package struct Configuration: Sendable {
        /// From a loss to the first trial: an agent that lost its connection comes back by itself
        /// within so long.
        package var firstPause: Int64 = 2 * nanosecondsPerSecond
        /// Each pause is twice the one before, and none is longer.
        package var pauseMax: Int64 = 300 * nanosecondsPerSecond
        /// A host that stayed for so long counts as well: its pauses begin anew.
        package var wellAfter: Int64 = 60 * nanosecondsPerSecond

        package init() {}
    }

    /// What is known of one host.
    package struct Host: Equatable, Sendable {
        /// Where a host stands.
        package enum Phase: Equatable, Sendable {
            /// Its agent is there, since. Can become: waiting, leaving.
            case up(since: Timestamp)
            /// It is being brought up. Can become: up, waiting; forgotten, if it never was there.
            case coming
            /// It was lost and is tried again then. Can become: coming, up; forgotten.
            case waiting(until: Timestamp)
            /// It hands its work on; its runs until then. Can become: up; forgotten.
            case leaving(until: Timestamp)
        }

        package let name: String
        package fileprivate(set) var phase: Phase
        /// Whether its agent was ever there.
        package fileprivate(set) var wasThere: Bool
        /// Trials in a row that came to nothing; short stays count.
        package fileprivate(set) var tries: UInt32 = 0
        /// How far it is, or why it was lost.
        package fileprivate(set) var text = ""
    }

    package let configuration: Configuration
    package private(set) var now = Timestamp(nanoseconds: 0)
    /// In the order in which they were added.
    package private(set) var hosts: [Host] = []

    package init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Takes one fact and appends the orders that follow from it.
    package mutating func handle(
        _ event: HostEvent, at now: Timestamp, into effects: inout [HostEffect]
    ) {
        self.now = max(now, self.now)
        switch event {
        case .wanted(let names): want(names, into: &effects)
        case .kept(let name, let isThere): keep(name, isThere: isThere)
        case .notAwaited(let names):
            for name in names { stopAwaiting(name, into: &effects) }
        case .unwanted(let name, let limit): takeAway(name, within: limit, into: &effects)
        case .joined(let name): join(name)
        case .lost(let name, let reason): lose(name, reason, into: &effects)
        case .progressed(let name, let text):
            if let place = place(of: name), hosts[place].phase == .coming {
                hosts[place].text = text
            }
        case .failed(let name, let reason, let passes):
            fail(name, reason, passes: passes, into: &effects)
        case .drained(let name): forget(name, into: &effects)
        case .deadlineReached: break
        }
        tryAgain(into: &effects)
    }

    /// When `deadlineReached` is due, if nothing else happens.
    package var nextDeadline: Timestamp? {
        hosts.compactMap { host in
            if case .waiting(let until) = host.phase { until } else { nil }
        }.min()
    }

    /// Whether the host belongs to the cluster and its agent may join: it is not there yet.
    package func awaits(_ name: String) -> Bool {
        guard let place = place(of: name) else { return false }
        switch hosts[place].phase {
        case .coming, .waiting: return true
        case .up, .leaving: return false
        }
    }

    /// Whether the host belongs to the cluster.
    package func contains(_ name: String) -> Bool { place(of: name) != nil }

    private func place(of name: String) -> Int? { hosts.firstIndex { $0.name == name } }

    // MARK: Wishes

    private mutating func want(_ names: [String], into effects: inout [HostEffect]) {
        var missing: [String] = []
        for name in names {
            guard let place = place(of: name) else {
                hosts.append(Host(name: name, phase: .coming, wasThere: false))
                missing.append(name)
                continue
            }
            switch hosts[place].phase {
            case .up, .coming: break
            case .waiting:
                hosts[place].phase = .coming
                hosts[place].tries = 0
                missing.append(name)
            case .leaving:
                hosts[place].phase = .up(since: now)
                effects.append(.keep(name))
            }
        }
        if !missing.isEmpty { effects.append(.bringUp(missing)) }
    }

    private mutating func keep(_ name: String, isThere: Bool) {
        guard place(of: name) == nil else { return }
        let pause = now.advanced(by: configuration.firstPause)
        var host = Host(
            name: name, phase: isThere ? .up(since: now) : .waiting(until: pause), wasThere: true)
        if !isThere { host.text = "it was gone at once" }
        hosts.append(host)
    }

    /// A host that never was there is given up; a lost one goes on being tried by itself.
    private mutating func stopAwaiting(_ name: String, into effects: inout [HostEffect]) {
        guard let place = place(of: name), hosts[place].phase == .coming, !hosts[place].wasThere
        else { return }
        forget(name, into: &effects)
    }

    private mutating func takeAway(
        _ name: String, within limit: Int64, into effects: inout [HostEffect]
    ) {
        guard let place = place(of: name) else { return }
        switch hosts[place].phase {
        case .up, .leaving:
            let until = now.advanced(by: max(0, limit))
            hosts[place].phase = .leaving(until: until)
            effects.append(.drain(name, until: until))
        case .coming, .waiting: forget(name, into: &effects)
        }
    }

    private mutating func forget(_ name: String, into effects: inout [HostEffect]) {
        guard let place = place(of: name) else { return }
        hosts.remove(at: place)
        effects.append(.forget(name))
    }

    // MARK: Comings and goings

    private mutating func join(_ name: String) {
        guard let place = place(of: name), awaits(name) else { return }
        hosts[place].phase = .up(since: now)
        hosts[place].wasThere = true
        hosts[place].text = ""
    }

    private mutating func lose(
        _ name: String, _ reason: String, into effects: inout [HostEffect]
    ) {
        guard let place = place(of: name) else { return }
        switch hosts[place].phase {
        case .coming, .waiting: return
        case .leaving: return forget(name, into: &effects)
        case .up(let since):
            let wasWell = now.since(since) >= configuration.wellAfter
            hosts[place].tries = wasWell ? 0 : hosts[place].tries + 1
            hosts[place].text = reason
            hosts[place].phase = .waiting(until: now.advanced(by: pause(after: hosts[place].tries)))
        }
    }

    private mutating func fail(
        _ name: String, _ reason: String, passes: Bool, into effects: inout [HostEffect]
    ) {
        guard let place = place(of: name), hosts[place].phase == .coming else { return }
        guard hosts[place].wasThere else { return forget(name, into: &effects) }
        hosts[place].tries += 1
        hosts[place].text = reason
        // What somebody has to mend first is no reason to knock often.
        let pause = passes ? pause(after: hosts[place].tries) : configuration.pauseMax
        hosts[place].phase = .waiting(until: now.advanced(by: pause))
    }

    private func pause(after tries: UInt32) -> Int64 {
        let doublings = min(tries, 20)
        let (pause, overflow) = configuration.firstPause.multipliedReportingOverflow(
            by: 1 << Int64(doublings))
        return overflow ? configuration.pauseMax : min(pause, configuration.pauseMax)
    }

    private mutating func tryAgain(into effects: inout [HostEffect]) {
        var due: [String] = []
        for place in hosts.indices {
            guard case .waiting(let until) = hosts[place].phase, until <= now else { continue }
            hosts[place].phase = .coming
            due.append(hosts[place].name)
        }
        if !due.isEmpty { effects.append(.bringUp(due)) }
    }
}

// MARK: For people

extension HostRoster {
    /// Every host, as it is told; `rest` says what one that leaves still waits for.
    package func states(rest: (String) -> String) -> [HostState] {
        hosts.map { host in
            switch host.phase {
            case .up: HostState(name: host.name, phase: .up)
            case .coming:
                HostState(name: host.name, phase: .coming, tries: host.tries, text: host.text)
            case .waiting(let until):
                HostState(
                    name: host.name, phase: .waiting, nanosecondsLeft: max(0, until.since(now)),
                    tries: host.tries, text: host.text)
            case .leaving(let until):
                HostState(
                    name: host.name, phase: .leaving, nanosecondsLeft: max(0, until.since(now)),
                    text: rest(host.name))
            }
        }
    }

    /// What work waits for while there is no node.
    package var awaited: String {
        let words = hosts.map { host in
            switch host.phase {
            case .up: "\(host.name) is there"
            case .leaving: "\(host.name) takes no more work, since it is to leave"
            case .coming: "\(host.name) is being brought up"
            case .waiting(let until):
                "\(host.name) is tried again in \(Self.seconds(until.since(now))) (\(host.text))"
            }
        }
        guard !words.isEmpty else {
            return "the cluster has no host any more, and the work waits for one: `swoop up HOST`"
        }
        return "no node is there, and the work waits: " + words.joined(separator: "; ")
    }

    /// Whole seconds, never fewer than there are.
    private static func seconds(_ nanoseconds: Int64) -> String {
        "\(max(0, nanoseconds + nanosecondsPerSecond - 1) / nanosecondsPerSecond) s"
    }
}
