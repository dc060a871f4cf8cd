// Which pages are on their way from one node to another through the coordinator: a few at a time,
// since each is in memory here as a whole.

import SwoopModel

/// Pages that nodes fetch through the coordinator.
struct PageRelays {
    struct Relay {
        var task: TaskID
        var owner: NodeID
        var receiver: NodeID
    }

    private struct Question: Hashable {
        var task: TaskID
        var owner: NodeID
    }

    /// In the order of asking.
    private var waiting: [Relay] = []
    /// Asked of their owners and not answered yet.
    private var asked: Set<Question> = []
    /// Pairs of nodes of which people were told.
    private var pairs: Set<[NodeID]> = []
    private static let askedMax = 4

    /// Whether the owner was asked for the page, and will answer.
    func isAsked(_ task: TaskID, of owner: NodeID) -> Bool {
        asked.contains(Question(task: task, owner: owner))
    }

    /// Whether these two are named for the first time.
    mutating func isNewPair(_ owner: NodeID, _ receiver: NodeID) -> Bool {
        pairs.insert([owner, receiver].sorted()).inserted
    }

    mutating func want(_ task: TaskID, from owner: NodeID, to receiver: NodeID) {
        let isWaiting = waiting.contains {
            $0.task == task && $0.owner == owner && $0.receiver == receiver
        }
        guard !isWaiting else { return }
        waiting.append(Relay(task: task, owner: owner, receiver: receiver))
    }

    /// The next page to ask its owner for; nil when enough are on their way, or all.
    mutating func next() -> (task: TaskID, owner: NodeID)? {
        guard asked.count < Self.askedMax,
            let relay = waiting.first(where: {
                !asked.contains(Question(task: $0.task, owner: $0.owner))
            })
        else { return nil }
        asked.insert(Question(task: relay.task, owner: relay.owner))
        return (relay.task, relay.owner)
    }

    /// Those who wait for a page that its owner answered for; they wait no more.
    mutating func finish(_ task: TaskID, from owner: NodeID) -> [NodeID] {
        guard asked.remove(Question(task: task, owner: owner)) != nil else { return [] }
        let done = waiting.filter { $0.task == task && $0.owner == owner }.map(\.receiver)
        waiting.removeAll { $0.task == task && $0.owner == owner }
        return done
    }

    /// A node is gone: what others waited for from it, which will not come.
    mutating func remove(_ node: NodeID) -> [Relay] {
        let failed = waiting.filter { $0.owner == node && $0.receiver != node }
        waiting.removeAll { $0.owner == node || $0.receiver == node }
        asked = asked.filter { $0.owner != node }
        return failed
    }
}
