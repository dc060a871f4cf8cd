// The scheduler's orders, performed.

import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire

extension CoordinatorLoop {
    mutating func perform(_ effect: SchedulerEffect, now: Int64) {
        switch effect {
        case .grantLease(let node, let lease):
            // A lease may name pages of a node that joined just now.
            tellPeers()
            send(.lease(lease), to: node)
        case .revoke(let node, let attempts): send(.revoke(attempts), to: node)
        case .recall(let node, let attempts): send(.recall(attempts), to: node)
        case .dropPages(let node, let tasks): send(.dropPages(tasks), to: node)
        case .storePage(let node, let task, let output, let bytes):
            send(.storePage(task, output, elementCount: 0, bytes: bytes), to: node)
        case .lendRoom(let node, let task, let byteCount):
            send(.lendRoom(task, byteCount: byteCount), to: node)
        case .keepWritten(let node, let task, let page): send(.keepWritten(task, page), to: node)
        case .notify(let client, let notice):
            if let place = clients.firstIndex(where: { $0.id == client }) {
                clients[place].notices.append(notice)
            }
        case .deliver(let client, let task, let bytes):
            flushNotices()
            send(.value(task, bytes: bytes), to: client)
        case .requestOutput(let node, let task, let client, let name):
            let isAsked = isPending(task, at: node)
            pendingOutputs.append(
                PendingOutput(task: task, node: node, client: client, name: name))
            if !isAsked { send(.sendPage(task), to: node) }
        case .settleKeeping(let client, let number, let refusal):
            flushNotices()
            send(.keepSettled(number: number, refusal: refusal), to: client)
        case .tellKept:
            let states = scheduler.keptStates
            for client in clients { send(.kept(states), to: client.id) }
        case .closeNode(let node, let reason):
            let name = nodeName(node)
            forget(node, now: now)
            hostLost(name, reason: reason, now: now)
            tellWaiting()
        case .copyPage(let node, let copy):
            // The node may have joined just now, or the one that has the page.
            tellPeers()
            send(.copyPages([copy]), to: node)
        case .nodeDrained(let node): drained(node, now: now)
        case .prepareProgram(let node, let program): prepare(program, at: node, now: now)
        case .recordRun(let function, let node, let record):
            guard learning.count(function) else { break }
            let spec = scheduler.functions[Int(function.rawValue)]
            learning.keep(record, of: spec, node: nodeName(node), now: now)
        case .recordChildren(let function, let node, let records):
            learning.add(
                records, ofChild: function, in: scheduler.functions, node: nodeName(node),
                now: now)
        case .reject: malformed += 1
        }
    }

    func nodeName(_ node: NodeID) -> String {
        nodes.first { $0.id == node }?.description.name ?? "node \(node.rawValue)"
    }

    // MARK: Snapshots

    mutating func publishUsage(now: Int64) {
        nextUsage = now + Self.usagePeriod
        guard clients.contains(where: { $0.watchesUsage }) else { return }
        let usage = usage(now: now)
        let frames = ClientReply.usage(usage).encoded()
        for client in clients where client.watchesUsage && !client.isGone {
            guard let peer = client.peer else {
                client.receive?(.usage(usage))
                continue
            }
            // Who has not got the last ones yet does not need this one.
            guard lanes.waitingCount(to: peer) < Self.usageWaitingMax else { continue }
            lanes.add(frames, ClientReply.usage(usage).laneOrder, to: peer)
            flush(peer, now: now)
        }
    }

    private static let usageWaitingMax = 16

    private func usage(now: Int64) -> ClusterUsage {
        let nodes = self.nodes.map { node in
            let age = node.sampledAt == 0 ? 0 : now - node.sampledAt
            return NodeUsage(
                node: node.id, name: node.description.name, slots: node.slots,
                cpuNanoseconds: node.cpuNanoseconds, residentBytes: node.residentBytes,
                fetchedBytes: node.fetchedBytes, givenBytes: node.givenBytes,
                pageBudget: node.description.pageBudget, ageNanoseconds: age,
                isSilent: age > Agreed.shownSilence)
        }
        return ClusterUsage(nodes: nodes, progress: scheduler.progress)
    }

    mutating func publishProgress(now: Int64) {
        nextProgress = now + Self.progressPeriod
        for place in clients.indices {
            let progress = scheduler.progress(of: clients[place].id)
            let isNew = progress != clients[place].progress
            let isLate = now - clients[place].progressAt >= Self.progressSilence
            guard isNew || isLate && !progress.isOver else { continue }
            clients[place].progress = progress
            clients[place].progressAt = now
            clients[place].notices.append(.progress(progress))
        }
    }
}
