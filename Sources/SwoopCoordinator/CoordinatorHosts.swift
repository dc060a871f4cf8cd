// The hosts of a standing cluster: wishes of people and news of whoever talks to hosts become
// events of the roster, its orders are performed, and viewers are told.

import SwoopLaunching
import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

/// The roster of a standing cluster, and who waits for what of it.
struct StandingHosts {
    let keeper: any HostKeeper
    var roster = HostRoster()
    /// Clients that wait to hear what became of hosts.
    var awaiting: [AwaitedHost] = []
    /// Hosts of which a sign of life is awaited.
    var checks: [HostCheck] = []
    /// What viewers were told last.
    var told: [HostState] = []
    /// Keys of the agents that were started last, by host.
    var keys: [String: String] = [:]
    /// The first hosts are being brought up: any of theirs may join.
    var isBeginning = true

    init(_ keeper: any HostKeeper) { self.keeper = keeper }
}

/// A client that waits to hear what became of a host.
struct AwaitedHost {
    var client: ClientID
    var host: String
    /// It is to leave; else it is to come.
    var leaves = false
    /// What the client is told where all went well.
    var remark = ""
}

extension CoordinatorLoop {
    // MARK: Wishes

    mutating func wantHosts(_ wanted: HostsWanted, of client: ClientID) {
        guard let hosts else { return refuseHosts(client) }
        hosts.keeper.list(wanted, for: client)
    }

    mutating func releaseHosts(
        _ names: [String], within limit: Int64, of client: ClientID, now: Int64
    ) {
        guard let hosts else { return refuseHosts(client) }
        if let stranger = names.first(where: { !hosts.roster.contains($0) }) {
            let known = hosts.roster.hosts.map(\.name)
            let text =
                "\(stranger) is no host of this cluster"
                + (known.isEmpty
                    ? ", which has none" : "; these are: " + known.joined(separator: ", "))
            return send(.hostsTaken([], refusal: text), to: client)
        }
        send(.hostsTaken(names, refusal: ""), to: client)
        for name in names {
            self.hosts?.awaiting.append(AwaitedHost(client: client, host: name, leaves: true))
            handle(HostEvent.unwanted(name, within: limit), now: now)
        }
    }

    mutating func forgetHosts(_ names: [String], of client: ClientID, now: Int64) {
        guard hosts != nil else { return }
        hosts?.awaiting.removeAll { $0.client == client && names.contains($0.host) }
        let nobodyWaits = names.filter { name in
            !(hosts?.awaiting.contains { $0.host == name && !$0.leaves } ?? false)
        }
        handle(HostEvent.notAwaited(nobodyWaits), now: now)
    }

    private mutating func refuseHosts(_ client: ClientID) {
        let text = "its hosts are those that it was started with"
        send(.hostsTaken([], refusal: text), to: client)
    }

    // MARK: News

    mutating func take(_ news: HostNews, now: Int64) {
        switch news {
        case .listed(let client, .failure(let refusal)):
            send(.hostsTaken([], refusal: refusal.text), to: client)
        case .listed(let client, .success(let listed)):
            let names = listed.map(\.name)
            send(.hostsTaken(names, refusal: ""), to: client)
            for host in listed {
                // One that comes now has the settings that it was asked for with.
                let remark = isThere(host.name) ? host.remark : ""
                hosts?.awaiting.append(
                    AwaitedHost(client: client, host: host.name, remark: remark))
            }
            handle(HostEvent.wanted(names), now: now)
            for name in names where isThere(name) { check(name, for: nil, now: now) }
        case .progressed(let host, let text):
            handle(HostEvent.progressed(host, text), now: now)
        case .ended(let result, let passes): ended(result, passes: passes, now: now)
        case .local(let agent): startAgain(agent, now: now)
        case .kept(let names):
            hosts?.isBeginning = false
            for name in names { handle(HostEvent.kept(name, isThere: isThere(name)), now: now) }
        }
    }

    func isThere(_ host: String) -> Bool {
        nodes.contains { $0.description.name == host }
    }

    private mutating func ended(_ result: HostResult, passes: Bool, now: Int64) {
        guard result.failure.isEmpty || isThere(result.host) else {
            handle(
                HostEvent.failed(result.host, reason: result.failure, passes: passes), now: now)
            settle(result, leaves: false)
            return tellWaiting()
        }
        // It may have been lost since it joined: the loss was told then.
        settle(
            HostResult(host: result.host, isCarried: result.isCarried && result.failure.isEmpty),
            leaves: false)
    }

    /// Tells those who wait for the host what became of it.
    mutating func settle(_ result: HostResult, leaves: Bool) {
        guard
            let waiting = hosts?.awaiting.filter({ $0.host == result.host && $0.leaves == leaves })
        else { return }
        hosts?.awaiting.removeAll { $0.host == result.host && $0.leaves == leaves }
        tellHosts()
        for entry in waiting {
            var told = result
            if result.failure.isEmpty { told.remark = entry.remark }
            send(.hostSettled(told), to: entry.client)
        }
    }

    /// A node has joined, or is gone.
    mutating func hostJoined(_ name: String, now: Int64) {
        guard hosts != nil else { return }
        handle(HostEvent.joined(name), now: now)
        // Of others it is told when the connection by which they were started is done with.
        if name == Self.localName { settle(HostResult(host: name), leaves: false) }
    }

    mutating func hostLost(_ name: String, reason: String, now: Int64) {
        guard hosts != nil else { return }
        handle(HostEvent.lost(name, reason: reason), now: now)
        concludeChecks(of: name, failure: reason, now: now)
    }

    /// Whether an agent of this name may join now; one that may not is told why.
    func objection(toHost name: String, key: String) -> String? {
        guard let hosts else { return nil }
        if nodes.contains(where: { $0.description.name == name && $0.pages.publicKey != key }) {
            return "another agent of \(name) is there"
        }
        guard hosts.isBeginning || hosts.roster.contains(name) else {
            return "\(name) does not belong to the cluster any more"
        }
        return nil
    }

    /// An agent of this host is about to be started with this key: one that went before it, and
    /// that may still look for its coordinator, is not taken in again.
    mutating func admit(_ host: String, key: String) -> HostAdmission {
        guard let hosts else {
            access.permit(key, as: Coordinator.agentName)
            return .admitted
        }
        if isThere(host) { return .isThere }
        guard hosts.isBeginning || hosts.roster.contains(host) else { return .isUnwanted }
        if let old = self.hosts?.keys.updateValue(key, forKey: host) { access.withdraw(old) }
        access.permit(key, as: Coordinator.agentName)
        return .admitted
    }

    // MARK: Orders

    mutating func handle(_ event: HostEvent, now: Int64) {
        guard hosts != nil else { return }
        var effects: [HostEffect] = []
        hosts?.roster.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        for effect in effects { perform(effect, now: now) }
        tellHosts()
    }

    private mutating func perform(_ effect: HostEffect, now: Int64) {
        switch effect {
        case .bringUp(let names): hosts?.keeper.bringUp(names)
        case .drain(let name, let until):
            for node in nodes where node.description.name == name {
                handle(.drainWanted(node.id, until: until), now: now)
            }
            tellWaiting()
        case .keep(let name):
            for node in nodes where node.description.name == name {
                handle(.drainEnded(node.id), now: now)
            }
            settle(
                HostResult(host: name, failure: "\(name) stays, since it was asked for again"),
                leaves: true)
        case .forget(let name):
            hosts?.keeper.forget(name)
            if let key = hosts?.keys.removeValue(forKey: name) { access.withdraw(key) }
            handle(.nodeForgotten(name), now: now)
            settle(HostResult(host: name), leaves: true)
            concludeChecks(of: name, failure: "\(name) was taken away", now: now)
        }
    }

    /// A node handed everything on: it ends, and its host is no host of the cluster any more.
    mutating func drained(_ node: NodeID, now: Int64) {
        guard let place = nodes.firstIndex(where: { $0.id == node }) else { return }
        let name = nodes[place].description.name
        send(.shutDown, to: node)
        forget(node, now: now)
        handle(HostEvent.drained(name), now: now)
        remarkToAll("\(name) was taken away; its work goes on elsewhere.")
    }

    // MARK: This machine

    /// The agent of this machine is to be started, for the first time or again.
    private mutating func startAgain(_ agent: LocalAgent, now: Int64) {
        guard !isThere(Self.localName) else { return }
        // One that was stopped for so long that it was given up.
        child?.endNow()
        forgetChild()
        local = agent
        access.permit(agent.publicKey, as: Coordinator.agentName)
        startLocalAgent(now: now)
    }

    static let localName = "local"

    /// The agent of this machine could not be started, or ended before it had joined.
    mutating func localFailed(_ reason: String, now: Int64) {
        let name = Self.localName
        concludeChecks(of: name, failure: reason, now: now)
        guard hosts?.roster.contains(name) ?? false else { return }
        ended(HostResult(host: name, step: "start", failure: reason), passes: true, now: now)
    }

    // MARK: Telling

    /// Tells viewers of the hosts, if there is news.
    mutating func tellHosts() {
        guard let states = hostStates, states != hosts?.told else { return }
        hosts?.told = states
        for client in clients where client.isViewer { send(.hosts(states), to: client.id) }
    }

    /// Every host, as people are told of it; nil: there is no roster.
    var hostStates: [HostState]? {
        hosts?.roster.states { name in
            let node = nodes.first { $0.description.name == name }
            return node.flatMap { scheduler.rest(of: $0.id)?.words } ?? ""
        }
    }

    /// Says what the work waits for while no node takes any, to those who have some.
    mutating func tellWaiting() {
        guard let hosts else { return }
        let rests = nodes.compactMap { scheduler.rest(of: $0.id) }
        guard rests.count == nodes.count else { return }
        let text =
            nodes.isEmpty
            ? hosts.roster.awaited
            : Self.words(ofLeaving: nodes.map(\.description.name), rests)
        for place in clients.indices
        where scheduler.progress(of: clients[place].id).waits && clients[place].waitingTold != text
        {
            clients[place].waitingTold = text
            clients[place].notices.append(.remark(text))
        }
    }

    /// What work waits for while every node is about to leave.
    static func words(ofLeaving names: [String], _ rests: [DrainRest]) -> String {
        let isOne = names.count == 1
        let list = names.joined(separator: " ")
        let kept = Set(rests.flatMap(\.strandedNames)).sorted().joined(separator: " ")
        let stays =
            kept.isEmpty
            ? "" : " What is kept there has no other place: `swoop data free \(kept)` gives it up."
        return "\(list) \(isOne ? "is" : "are") about to leave the cluster and "
            + "\(isOne ? "takes" : "take") no more work, and there is no other host: "
            + "`swoop up \(list)` keeps \(isOne ? "it" : "them"), `swoop up HOST` adds one.\(stays)"
    }
}

/// Whether an agent may be started.
package enum HostAdmission: Sendable {
    case admitted
    /// It has come back by itself.
    case isThere
    /// Nobody wants the host any more.
    case isUnwanted
}
