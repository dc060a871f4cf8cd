// Nodes of the virtual cluster: their agents join, lose their links, are lost, and begin anew.
// +Workers has their workers, +Pages the pages that they exchange.

import SwoopExecution
package import SwoopModel
import SwoopScheduling
import SwoopWire

extension VirtualCluster {
    func node(_ id: NodeID) -> VirtualNode? { nodes.first { $0.id == id } }

    func place(_ id: NodeID) -> Int? { nodes.firstIndex { $0.id == id } }

    /// Adds a node; durations on it are multiplied with `slowness`.
    @discardableResult
    package mutating func join(
        slots: UInt32, slowness: Double = 1, pageBudget: Int64 = 1 << 40,
        program: ProgramID = .none
    ) -> NodeID {
        hostsJoined += 1
        return join(
            host: hostsJoined, slots: slots, slowness: slowness, pageBudget: pageBudget,
            program: program, programs: [program])
    }

    private mutating func join(
        host: UInt32, slots: UInt32, slowness: Double, pageBudget: Int64, program: ProgramID,
        programs: Set<ProgramID>
    ) -> NodeID {
        nodesJoined += 1
        let id = NodeID(nodesJoined)
        let description = NodeDescription(
            name: "virtual \(id.rawValue)", slots: slots, pageBudget: pageBudget,
            processID: Int32(id.rawValue))
        nodes.append(
            VirtualNode(
                id: id, host: host, description: description, slowness: slowness,
                programs: programs,
                agent: AgentMachine(configuration: agentConfiguration(for: description))))
        tell(id, .accepted(id))
        if isStalled(.coordinator) {
            queue.add(.agentCame(id, description, program), at: now)
        } else {
            handle(.nodeJoined(id, description, program))
        }
        if configuration.heartbeat > 0 { queue.add(.heartbeat(id), at: now) }
        return id
    }

    /// The nodes whose agents are there, in the order of joining.
    package var members: [NodeID] { nodes.map(\.id) }

    /// The node's processes are gone at once; the coordinator hears of it.
    package mutating func lose(_ id: NodeID) {
        guard place(id) != nil else { return }
        end(id)
        hear(ofLossOf: id, reason: "its agent was killed")
    }

    /// Somebody asks for the node to leave; what still runs there after so long is handed on.
    package mutating func drain(_ id: NodeID, handsOnAfter nanoseconds: Int64) {
        queue.add(.drainAsked(id, handsOnAfter: nanoseconds), at: now)
    }

    /// After so long somebody asks for the node to stay. Where it is not there any more, `step`
    /// answers with `planned(number)`.
    package mutating func keep(_ id: NodeID, after nanoseconds: Int64, orPlan number: Int) {
        queue.add(.stayAsked(id, number: number), at: now + nanoseconds)
    }

    mutating func keep(_ id: NodeID, orPlan number: Int) {
        guard scheduler.nodes.place(of: id) != nil else { return plan(number, at: now) }
        handle(.drainEnded(id))
    }

    /// Bytes of pages that the node has, and the most that it ever had.
    package func pageBytes(on id: NodeID) -> (now: Int64, peak: Int64) {
        node(id).map { ($0.arenaBytes, $0.arenaBytesMax) } ?? (0, 0)
    }

    /// The connection ends, as the coordinator sees it; the agent goes on until it is told that
    /// nobody knows it.
    package mutating func breakConnection(of id: NodeID) {
        guard scheduler.nodes.place(of: id) != nil else { return }
        hear(ofLossOf: id, reason: "its connection ended")
    }

    private mutating func hear(ofLossOf id: NodeID, reason: String) {
        guard !isStalled(.coordinator) else {
            return queue.add(.agentGone(id, reason: reason), at: now)
        }
        forget(id)
        handle(.nodeLost(id, reason: reason))
    }

    /// Nothing comes to the node's host or from it for a while; then all of it does.
    package mutating func cutLink(of id: NodeID, for nanoseconds: Int64) {
        guard let host = node(id)?.host else { return }
        cut(host, for: nanoseconds)
    }

    /// From now on the two hosts, numbered from 1 in the order of joining, do not reach each other.
    package mutating func separate(_ one: UInt32, _ other: UInt32) {
        separated.insert([one, other])
    }

    /// The host cannot run programs but the one that it has.
    package mutating func refuseOtherPrograms(on host: UInt32) { refusing.insert(host) }

    /// What the coordinator asked the node for will not come.
    mutating func forget(_ id: NodeID) {
        pendingOutputs.removeAll { $0.node == id }
        for relay in relays where relay.from == id {
            send(.relayFailed(relay.task), to: relay.by)
        }
        relays.removeAll { $0.from == id || $0.by == id }
    }

    /// All processes of the node end.
    mutating func end(_ id: NodeID) {
        nodes.removeAll { $0.id == id }
        for fetch in fetches where fetch.from == id {
            queue.add(
                .pageRefused(to: fetch.by, fetch.task, .unreachable),
                at: now + configuration.latency)
        }
        fetches.removeAll { $0.by == id }
    }

    /// The agent was told that nobody knows it: it drops everything and registers again.
    private mutating func beginAnew(_ id: NodeID) {
        guard let node = node(id), let program = node.programs.sorted().first else { return }
        end(id)
        _ = join(
            host: node.host, slots: node.description.slots, slowness: node.slowness,
            pageBudget: node.description.pageBudget, program: program, programs: node.programs)
    }

    mutating func beat(_ id: NodeID) {
        guard place(id) != nil else { return }
        if !isStalled(.agent(id)) {
            send(.sample(slots: [], cpuNanoseconds: 0, residentBytes: 0), from: id)
        }
        if !isStalled(.coordinator), scheduler.nodes.place(of: id) != nil { send(.sign, to: id) }
        queue.add(.heartbeat(id), at: now + configuration.heartbeat)
    }

    /// Traps when tables of a machine disagree.
    package func checkInvariants() {
        scheduler.checkInvariants()
        for node in nodes {
            node.agent.checkInvariants()
            for worker in node.workers.values { worker.machine.checkInvariants() }
        }
    }

    /// What is left on the nodes, in words; empty when nothing is.
    package var leftovers: [String] {
        nodes.flatMap { node -> [String] in
            let agent = node.agent
            let name = "node \(node.id.rawValue)"
            var left: [String] = []
            if let rest = scheduler.rest(of: node.id) {
                left.append("\(name) was to leave, and waits for \(rest)")
            }
            if !agent.runs.isEmpty { left.append("\(name) holds \(agent.runs.count) runs") }
            if !agent.outputs.isEmpty {
                left.append("\(name) keeps \(agent.outputs.count) outputs")
            }
            if !agent.waiters.isEmpty { left.append("\(name) has waiters") }
            if !agent.fetches.isEmpty { left.append("\(name) fetches pages") }
            if !agent.sending.isEmpty { left.append("\(name) sends pages") }
            if !agent.room.waiting.isEmpty { left.append("\(name) has runs that wait for room") }
            if node.workers.values.contains(where: { !$0.machine.runs.isEmpty }) {
                left.append("workers of \(name) have runs")
            }
            let lent = agent.workers.reduce(0) { $0 + $1.lent.count }
            if node.arena.count != agent.outputs.count + lent {
                left.append("\(name) leaks \(node.arena.count) extents")
            }
            return left
        }
    }

    // MARK: The agent

    mutating func tell(_ id: NodeID, _ event: AgentEvent) {
        guard let place = place(id) else { return }
        var effects: [AgentEffect] = []
        nodes[place].agent.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        planDeadline(nodes[place].agent.nextDeadline)
        for effect in effects { perform(effect, at: id) }
    }

    private mutating func perform(_ effect: AgentEffect, at id: NodeID) {
        switch effect {
        case .startWorker(let worker, let program):
            queue.add(.workerUp(id, worker, program), at: now + configuration.workerStart)
        case .killWorker(let worker):
            queue.add(.workerDown(id, worker, culprit: nil, signal: 9), at: now)
        case .declare(let worker, let first, let functions):
            send(.declare(first: first, functions), to: id, worker)
        case .dispatch(let worker, let orders): send(.run(orders), to: id, worker)
        case .cancelRun(let worker, let attempt): send(.cancel(attempt), to: id, worker)
        case .recallRun(let worker, let attempt): send(.giveBack(attempt), to: id, worker)
        case .report(let reports): send(.reports(reports), from: id)
        case .tellCopied(let task): send(.pageCopied(task), from: id)
        case .tellNotCopied(let failure): send(.pageNotCopied(failure), from: id)
        case .free(let extent):
            if let place = place(id) { nodes[place].free(extent) }
        case .fetch(let task, let source, _, _): ask(source, for: task, by: id)
        case .relay(let task, let source): send(.relayWanted(task, from: source), from: id)
        case .sendRange(let token, let task, let extent): give(task, extent, token, from: id)
        case .refuseRange(let token, let task): refuse(task, token, from: id)
        case .sendOutput(let task, let extent):
            send(.page(task, bytes: node(id)?.arena[extent.offset] ?? []), from: id)
            tell(id, .rangeSent(task, extent.medium))
        case .outputMissing(let task): send(.pageMissing(task), from: id)
        case .remark(let text): send(.remark(text), from: id)
        case .allocate(let use, let byteCount):
            queue.add(.roomAsked(id, use, byteCount: byteCount, .memory), at: now)
        case .allocateOnDisk(let use, let byteCount):
            queue.add(.roomAsked(id, use, byteCount: byteCount, .disk), at: now)
        case .refuseRoom(let use, let reason): refuseRoom(for: use, reason, at: id)
        case .spill(let task, let extent):
            queue.add(.spillOver(id, task, extent), at: now + configuration.spillTime)
        // No client writes here itself, and a page is one range.
        case .tellLent, .sendArrived: break
        case .end:
            check(silenceOn: .toAgent(id), "the agent of node \(id.rawValue) ends")
            end(id)
            trace.append(.agentEnded(id))
        }
    }

    mutating func take(_ order: AgentOrder, at id: NodeID) {
        guard let place = place(id) else { return }
        tell(id, .coordinatorHeard)
        switch order {
        case .lease(let lease): tell(id, .leaseGranted(lease))
        case .revoke(let attempts): tell(id, .attemptsRevoked(attempts))
        case .recall(let attempts): tell(id, .attemptsRecalled(attempts))
        case .dropPages(let tasks): tell(id, .outputsDropped(tasks))
        case .copyPages(let copies): tell(id, .copiesWanted(copies))
        case .sendPage(let task): tell(id, .outputRequested(task))
        // Nobody wishes for room to write in.
        case .lendRoom, .keepWritten: break
        case .storePage(let task, _, let elementCount, let bytes):
            let extent = nodes[place].store(bytes, elementCount: elementCount)
            tell(id, .dataStored(task, extent))
        case .unknown: beginAnew(id)
        case .prepare(let manifest):
            queue.add(.programArrived(id, manifest.id), at: now + configuration.programTransfer)
        case .relayed(let task, let elementCount, let bytes):
            guard nodes[place].agent.fetches[task] != nil else { return }
            let extent = nodes[place].store(bytes, elementCount: elementCount)
            tell(id, .pageFetched(task, extent))
        case .relayFailed(let task): tell(id, .fetchFailed(task, .absent))
        case .shutDown: end(id)
        case .accepted, .refused, .sign, .peers, .programBytes, .listen, .library: break
        }
    }

    mutating func takeProgram(_ program: ProgramID, at id: NodeID) {
        guard let place = place(id) else { return }
        if refusing.contains(nodes[place].host) {
            return send(.programFailed(program, reason: "its disk is full"), from: id)
        }
        nodes[place].programs.insert(program)
        send(.programReady(program), from: id)
    }
}
