// Who is whom at the coordinator: an agent is its key, a client its id, and bulk of one keeps
// nobody.

import SwoopCoordinator
import SwoopModel
import SwoopTransport
import SwoopWire
import Testing

@Suite struct IdentityTests {
    private func register(_ agent: borrowing FakeAgent, key: String, _ program: ProgramID) throws {
        try agent.send(
            .register(
                version: wireVersion,
                NodeDescription(name: agent.name, slots: 2, pageBudget: 1 << 20, processID: 1),
                program: program, pages: PageService(endpoints: [], publicKey: key)))
    }

    @Test func `an agent cannot register under the key of another one`() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        var victim = try FakeAgent("victim", of: bare)
        _ = try victim.join(bare.program)
        #expect(try listener.hears(ofNodes: 1))
        var thief = try FakeAgent("thief", of: bare)
        try register(thief, key: victim.peer.keys.publicKey, bare.program)
        let answer = try thief.next { $0 }
        #expect(answer == .refused("it registered under the key of another agent"))
        // The victim is still there.
        #expect(try victim.next { $0 == .sign ? true : nil } == true)
        _ = try thief.join(bare.program)
        #expect(try listener.hears(ofNodes: 2))
    }

    @Test func `an agent whose key was withdrawn registers no more by the connection it has`()
        throws
    {
        let bare = try BareCoordinator()
        var agent = try FakeAgent("late", of: bare)
        try agent.send(.pageMissing(TaskID(high: 1, low: 1)))
        #expect(try agent.next { $0 } == .unknown)
        bare.coordinator.withdrawAgent(agent.peer.keys.publicKey)
        try register(agent, key: agent.peer.keys.publicKey, bare.program)
        let answer = try agent.next { $0 }
        #expect(answer == .refused("its key was withdrawn: the cluster gave it up"))
    }

    @Test func `a client's key registers no agent, and an agent's key submits nothing`() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        let client = try bare.client()
        try client.send(
            AgentMessage.register(
                version: wireVersion,
                NodeDescription(name: "false", slots: 2, pageBudget: 1 << 20, processID: 1),
                program: bare.program,
                pages: PageService(endpoints: [], publicKey: client.keys.publicKey)
            ).encoded())
        var agent = try FakeAgent("true", of: bare)
        try agent.peer.send(
            ClientMessage.hello(
                version: wireVersion, client: ClientID(77), program: bare.program, name: "x"
            ).encoded())
        let answer = try agent.next { $0 }
        guard case .refused = answer else {
            Issue.record("the greeting of a client was answered by \(String(describing: answer))")
            return
        }
        // Both were heard before it: one node is there, by its own key.
        _ = try agent.join(bare.program)
        let nodes = try listener.next { reply -> [String]? in
            if case .welcome(_, let nodes, _) = reply, !nodes.isEmpty {
                nodes.map(\.name)
            } else {
                nil
            }
        }
        #expect(nodes == ["true"])
        withExtendedLifetime(client) {}
    }

    @Test func `of two connections with one key the later one is the agent`() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        var first = try FakeAgent("one", of: bare)
        let node = try first.join(bare.program)
        var second = try FakePeer(
            keys: first.peer.keys, endpoint: bare.coordinator.endpoint,
            serverKey: bare.coordinator.serverKey)
        let register = AgentMessage.register(
            version: wireVersion,
            NodeDescription(name: "one", slots: 2, pageBudget: 1 << 20, processID: 2),
            program: bare.program,
            pages: PageService(endpoints: [], publicKey: first.peer.keys.publicKey))
        try second.send(register.encoded())
        let accepted = try second.next { frames -> NodeID? in
            if case .accepted(let node, _)? = try? AgentOrder(frames: frames) { node } else { nil }
        }
        #expect(accepted != nil && accepted != node)
        // What the earlier one says is of nobody's any more.
        try first.send(.pageMissing(TaskID(high: 1, low: 1)))
        #expect(try first.next { $0 == .unknown ? true : nil } == true)
        #expect(try listener.hears(ofNodes: 1))
    }

    @Test(arguments: ["", "\u{1b}[2J\u{7}", "a\nb\tc", String(repeating: "n", count: 60_000)])
    func `an agent may be called anything, and no one else suffers`(_ name: String) throws {
        let bare = try BareCoordinator()
        var odd = try FakeAgent(name, of: bare)
        try register(odd, key: odd.peer.keys.publicKey, bare.program)
        let answer = try odd.next { $0 }
        switch answer {
        case .accepted, .refused: break
        default: Issue.record("\(String(describing: answer))")
        }
        var plain = try FakeAgent("plain", of: bare)
        _ = try plain.join(bare.program)
    }

    @Test func `a client id that is in use is refused`() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare, client: ClientID(5))
        let keys = try CurveKeys.generate()
        bare.coordinator.access.permit(keys.publicKey, as: Coordinator.clientName)
        func greet(_ id: UInt64) throws -> ClientReply? {
            var peer = try FakePeer(
                keys: keys, endpoint: bare.coordinator.endpoint,
                serverKey: bare.coordinator.serverKey)
            try peer.send(
                ClientMessage.hello(
                    version: wireVersion, client: ClientID(id), program: bare.program, name: "x"
                ).encoded())
            return try peer.next { try? ClientReply(frames: $0) }
        }
        guard case .refused(let reason)? = try greet(5) else {
            Issue.record("It was taken in.")
            return
        }
        #expect(reason.contains("another client has the same id"))
        guard case .welcome? = try greet(6) else {
            Issue.record("It was not taken in.")
            return
        }
        withExtendedLifetime(listener) {}
    }

    @Test func `a page of many pieces goes through the coordinator while others are heard`() throws
    {
        let bare = try BareCoordinator()
        var owner = try FakeAgent("owner", of: bare)
        var reader = try FakeAgent("reader", of: bare)
        let node = try owner.join(bare.program)
        _ = try reader.join(bare.program)
        let page = TaskID(high: 3, low: 4)
        try reader.send(.relayWanted(page, from: node))
        _ = try owner.next { if case .sendPage(page) = $0 { true } else { nil } }
        let bytes = (0..<(6 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 12) }
        let message = AgentMessage.page(page, bytes: bytes)
        owner.peer.sendLarge(message.encoded(), message.laneOrder)
        // It leaves as the coordinator takes it; who owns it hears a sign meanwhile.
        #expect(try owner.next { $0 == .sign ? true : nil } == true)
        try owner.peer.finishSending()
        let came = try reader.next {
            if case .relayed(page, _, let bytes) = $0 { bytes } else { nil }
        }
        #expect(came == bytes)
    }
}
