// Pages between nodes of the virtual cluster: straight from one to the other where they reach each
// other, else by way of the coordinator.

import SwoopExecution
import SwoopModel
import SwoopScheduling
import SwoopWire

extension VirtualCluster {
    /// A page that one node asked another one for.
    struct Fetch: Equatable {
        var by: NodeID
        var from: NodeID
        var task: TaskID
    }

    /// Until a node gives up that gets no connection.
    private static let connectLimit: Int64 = 2 * nanosecondsPerSecond

    mutating func ask(_ source: NodeID, for task: TaskID, by id: NodeID) {
        fetches.append(Fetch(by: id, from: source, task: task))
        if let one = node(id)?.host, let other = node(source)?.host,
            !separated.contains([one, other]), !isCut(one), !isCut(other)
        {
            questionsAsked += 1
            queue.add(
                .pageAsked(of: source, by: id, task, token: questionsAsked),
                at: now + configuration.latency)
        } else {
            queue.add(.pageRefused(to: id, task, .unreachable), at: now + Self.connectLimit)
        }
    }

    mutating func takeQuestion(
        for task: TaskID, by other: NodeID, _ token: UInt64, at id: NodeID
    ) {
        guard let place = place(id) else { return }
        nodes[place].questions[token] = other
        tell(id, .rangeWanted(task, token: token))
    }

    /// A page travels as one range here; another one may be asked for meanwhile.
    mutating func give(_ task: TaskID, _ extent: PageExtent, _ token: UInt64, from id: NodeID) {
        guard let place = place(id), let other = nodes[place].questions.removeValue(forKey: token)
        else { return }
        guard let bytes = nodes[place].arena[extent.offset] else {
            return trace.append(.broken("\(task) was freed before it was sent"))
        }
        let travel = Int64(Double(bytes.count) / configuration.bytesPerSecond * 1e9)
        queue.add(.rangeLeft(id, task, extent), at: now + travel)
        queue.add(
            .pageGiven(to: other, task, bytes, elementCount: extent.elementCount),
            at: now + configuration.latency + travel)
    }

    mutating func rangeLeft(_ task: TaskID, _ extent: PageExtent, at id: NodeID) {
        guard let place = place(id) else { return }
        if nodes[place].arena[extent.offset] == nil {
            trace.append(.broken("\(task) was freed while it was sent"))
        }
        tell(id, .rangeSent(task, extent.medium))
    }

    mutating func refuse(_ task: TaskID, _ token: UInt64, from id: NodeID) {
        guard let place = place(id), let other = nodes[place].questions.removeValue(forKey: token)
        else { return }
        queue.add(.pageRefused(to: other, task, .absent), at: now + configuration.latency)
    }

    mutating func receivePage(
        _ task: TaskID, _ bytes: [UInt8], elementCount: Int64, at id: NodeID
    ) {
        guard let place = place(id), fetches.contains(where: { $0.by == id && $0.task == task })
        else { return }
        fetches.removeAll { $0.by == id && $0.task == task }
        let extent = nodes[place].store(bytes, elementCount: elementCount)
        tell(id, .pageFetched(task, extent))
    }

    mutating func refusePage(_ task: TaskID, _ failure: FetchFailure, to id: NodeID) {
        guard fetches.contains(where: { $0.by == id && $0.task == task }) else { return }
        fetches.removeAll { $0.by == id && $0.task == task }
        tell(id, .fetchFailed(task, failure))
    }

    // MARK: By way of the coordinator

    mutating func relay(_ task: TaskID, from source: NodeID, to id: NodeID) {
        guard scheduler.nodes.place(of: source) != nil else {
            return send(.relayFailed(task), to: id)
        }
        relays.append(Fetch(by: id, from: source, task: task))
        pagesRelayed += 1
        send(.sendPage(task), to: source)
    }

    /// The owner answered: with the bytes, or without.
    mutating func passOn(_ task: TaskID, _ bytes: [UInt8]?, of source: NodeID) {
        let due = relays.filter { $0.task == task && $0.from == source }
        guard !due.isEmpty else { return }
        relays.removeAll { $0.task == task && $0.from == source }
        var elementCount: Int64 = 1
        if let index = scheduler.tasks.index(of: task),
            let pages = scheduler.tasks.pages(of: index)
        {
            elementCount = pages.elementCount
        }
        for relay in due {
            send(
                bytes.map { .relayed(task, elementCount: elementCount, bytes: $0) }
                    ?? .relayFailed(task), to: relay.by)
        }
    }
}
