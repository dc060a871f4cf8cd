// What a coordinator says to agents: taken in, told of one another, forgotten; pages passed on; and
// where it listens.

import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopModel
import SwoopScheduling
import SwoopTransport
import SwoopWire
import Testing

private let page = TaskID(high: 3, low: 4)

@Suite struct CoordinatorTests {
    @Test func itListensOnMoreAddressesOfThisMachineOnTheSamePort() throws {
        let bare = try BareCoordinator()
        let port = bare.coordinator.endpoint.split(separator: ":").last ?? ""
        let second = try bare.coordinator.listen(on: "127.0.0.2")
        #expect(second == "tcp://127.0.0.2:\(port)")
        // Asked again it is the same; the first one is known too.
        #expect(try bare.coordinator.listen(on: "127.0.0.2") == second)
        #expect(try bare.coordinator.listen(on: "127.0.0.1") == bare.coordinator.endpoint)
        var first = try FakeAgent("first", of: bare)
        var other = try FakeAgent("other", of: bare, at: second)
        #expect(try first.join(bare.program) != other.join(bare.program))
    }

    @Test func anAddressOfAnotherMachineIsRefusedByName() throws {
        let bare = try BareCoordinator()
        let port = bare.coordinator.endpoint.split(separator: ":").last ?? ""
        #expect(
            throws: TransportError.cannotListen(
                endpoint: "tcp://192.0.2.7:\(port)", code: EADDRNOTAVAIL)
        ) {
            try bare.coordinator.listen(on: "192.0.2.7")
        }
        // The loop goes on.
        var agent = try FakeAgent("after", of: bare)
        _ = try agent.join(bare.program)
    }

    @Test func aClientIDThatIsInUseIsRefusedUntilItsClientHasLeft() throws {
        let bare = try BareCoordinator()
        let own = try Listener(of: bare, client: ClientID(5))
        func greet(_ id: UInt64) throws -> FakePeer {
            let peer = try bare.client()
            let hello = ClientMessage.hello(
                version: wireVersion, client: ClientID(id), program: .none, name: "n")
            try peer.send(hello.encoded())
            return peer
        }
        func answer(to peer: inout FakePeer) throws -> ClientReply? {
            try peer.next { frames in
                guard let reply = try? ClientReply(frames: frames) else { return nil }
                if case .notices = reply { return nil }
                return reply
            }
        }
        let refusal = ClientReply.refused(
            "another client has the same id: connect anew, under another")
        var asOwn = try greet(5)
        #expect(try answer(to: &asOwn) == refusal)
        var first = try greet(6)
        guard case .welcome(wireVersion, [], _)? = try answer(to: &first) else {
            Issue.record("the first is not welcome")
            return
        }
        var second = try greet(6)
        #expect(try answer(to: &second) == refusal)
        // The first is there as before, and so is the one of this process.
        var agent = try FakeAgent("late", of: bare)
        _ = try agent.join(bare.program)
        #expect(try own.hears(ofNodes: 1))
        try first.send(ClientMessage.goodbye.encoded())
        var welcome: ClientReply?
        for _ in 0..<1_000 where welcome == nil {
            var third = try greet(6)
            let reply = try answer(to: &third)
            if reply != refusal { welcome = reply }
        }
        if case .welcome = welcome {} else { Issue.record("\(String(describing: welcome))") }
    }

    @Test func whoHasAKeyAndGreetsWithoutEndFillsNoMemory() throws {
        let bare = try BareCoordinator()
        func hello(_ id: UInt64, named name: String = "n") -> [[UInt8]] {
            ClientMessage.hello(
                version: wireVersion, client: ClientID(id), program: .none, name: name
            ).encoded()
        }
        func isWelcome(_ peer: inout FakePeer) throws -> Bool? {
            try peer.next { frames in
                switch try? ClientReply(frames: frames) {
                case .welcome: true
                case .refused: false
                default: nil
                }
            }
        }
        // Larger than all greetings may be together; of 7 nothing is kept, and so it stays free.
        var endless = try bare.client()
        endless.sendLarge(
            hello(7, named: String(repeating: "n", count: 34 << 20)),
            AgentOrder.peers([]).laneOrder)
        try endless.finishSending()
        try endless.send(hello(8))
        #expect(try isWelcome(&endless) == true)
        var other = try bare.client()
        try other.send(hello(7))
        #expect(try isWelcome(&other) == true)
        // What is no more than the offer of a large program is taken.
        var large = try bare.client()
        large.sendLarge(
            hello(9, named: String(repeating: "n", count: 4 << 20)), AgentOrder.peers([]).laneOrder)
        #expect(try isWelcome(&large) == true)
    }

    @Test func whoNeverOffersItsProgramIsForgottenForThoseWhoComeLater() throws {
        let bare = try BareCoordinator { $0.awaitedMax = 2 }
        /// The answer to a client that says hello under an id.
        func answer(to id: UInt64, with program: ProgramID) throws -> ClientReply? {
            var peer = try bare.client()
            try peer.send(
                ClientMessage.hello(
                    version: wireVersion, client: ClientID(id), program: program, name: "n"
                ).encoded())
            return try peer.next { try? ClientReply(frames: $0) }
        }
        let unknown = ProgramID("unknown")
        for id in UInt64(1)...3 {
            #expect(try answer(to: id, with: unknown) == .programWanted(unknown))
        }
        // The latest two are remembered, so their ids are in use; the first one's is free again.
        let refusal = ClientReply.refused(
            "another client has the same id: connect anew, under another")
        #expect(try answer(to: 2, with: unknown) == refusal)
        #expect(try answer(to: 3, with: unknown) == refusal)
        #expect(try answer(to: 1, with: unknown) == .programWanted(unknown))
    }

    @Test func anAgentThatIsNotRegisteredIsToldSo() throws {
        let bare = try BareCoordinator()
        var agent = try FakeAgent("early", of: bare)
        try agent.send(.pageMissing(page))
        let answer = try agent.next { $0 }
        #expect(answer == .unknown)
        _ = try agent.join(bare.program)
    }

    @Test func reportsOfAnotherLifeOfTheCoordinatorAreDropped() throws {
        let bare = try BareCoordinator()
        let client = try Listener(of: bare, client: ClientID(5))
        var agent = try FakeAgent("node", of: bare)
        _ = try agent.join(bare.program)
        let task = TaskID(high: 5, low: 1)
        let function = FunctionSpec(
            identity: "f", name: "f", fingerprint: 1, code: .remote(identity: "f"),
            isOptimised: false, isAsync: false)
        bare.coordinator.send(
            .submit(
                GraphPart(
                    functions: [function], tasks: [TaskSpec(id: task, function: FunctionIndex(0))],
                    held: [task]),
                data: []),
            from: ClientID(5))
        let lease = try agent.next { if case .lease(let lease) = $0 { lease } else { nil } }
        let attempt = try #require(lease?.tasks.first).attemptID
        func end(_ byte: UInt8) -> [RunReport] {
            [.ended(attempt, .finished(.inline([byte])), RunRecord())]
        }
        let other = CoordinatorEpoch(agent.epoch.rawValue ^ 1)
        for epoch in [other, .none] { try agent.send(.reports(end(1), epoch: epoch)) }
        try agent.report(end(2))
        let value = try client.next { reply -> [UInt8]? in
            guard case .notices(let notices) = reply else { return nil }
            for case .finished(_, let value, _, _) in notices { return value }
            return nil
        }
        #expect(value == [2])
    }

    @Test func anAgentOfAnotherVersionIsRefusedInWords() throws {
        let bare = try BareCoordinator()
        var agent = try FakeAgent("old", of: bare)
        let description = NodeDescription(name: "old", slots: 1, pageBudget: 1, processID: 1)
        try agent.send(
            .register(
                version: 1, description, program: bare.program,
                pages: PageService(endpoints: [], publicKey: agent.peer.keys.publicKey)))
        let answer = try agent.next { $0 }
        #expect(
            answer == .refused("the coordinator speaks version \(wireVersion), not 1"))
    }

    @Test func nodesHearThatTheCoordinatorLivesAndOfOneAnother() throws {
        let bare = try BareCoordinator()
        var first = try FakeAgent("first", of: bare)
        let firstNode = try first.join(bare.program)
        #expect(try first.next { $0 == .sign ? true : nil } == true)
        var second = try FakeAgent("second", of: bare)
        let secondNode = try second.join(bare.program)
        for peers in [
            try first.next { if case .peers(let peers) = $0 { peers } else { nil } },
            try second.next { if case .peers(let peers) = $0 { peers } else { nil } },
        ] {
            #expect(peers?.map(\.node) == [firstNode, secondNode])
            #expect(peers?.last?.pages.publicKey == second.peer.keys.publicKey)
        }
    }

    @Test func aPageGoesThroughTheCoordinatorAndPeopleAreToldOnce() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        var owner = try FakeAgent("owner", of: bare)
        var reader = try FakeAgent("reader", of: bare)
        let ownerNode = try owner.join(bare.program)
        _ = try reader.join(bare.program)
        for round in 1...2 {
            try reader.send(.relayWanted(page, from: ownerNode))
            let asked = try owner.next { if case .sendPage(let task) = $0 { task } else { nil } }
            #expect(asked == page)
            try owner.send(.page(page, bytes: [1, 2, UInt8(round)]))
            let passed = try reader.next {
                if case .relayed(page, _, let bytes) = $0 { bytes } else { nil }
            }
            #expect(passed == [1, 2, UInt8(round)])
        }
        let remark = try listener.remark(with: "go through the coordinator")
        #expect(
            remark
                == "pages between owner and reader go through the coordinator: reader does not reach "
                + "owner at tcp://192.0.2.1:1")
    }

    @Test func aNodeThatEndsWhileItIsAskedIsNotSaidToBeOutOfReach() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        var reader = try FakeAgent("reader", of: bare)
        do {
            var owner = try FakeAgent("owner", of: bare)
            let ownerNode = try owner.join(bare.program)
            _ = try reader.join(bare.program)
            try reader.send(.relayWanted(page, from: ownerNode))
            _ = try owner.next { if case .sendPage(let task) = $0 { task } else { nil } }
        }
        #expect(try reader.next { $0 == .relayFailed(page) ? true : nil } == true)
        var remarks: [String] = []
        _ = try listener.next { reply -> Bool? in
            guard case .notices(let notices) = reply else { return nil }
            for case .remark(let text) in notices { remarks.append(text) }
            return remarks.contains { $0.contains("owner is lost") } ? true : nil
        }
        #expect(!remarks.contains { $0.contains("reach") }, "\(remarks)")
    }

    @Test func linesGoToTheClientWhoseTaskPrintedThem() throws {
        let bare = try BareCoordinator()
        let (mine, other) = (ClientID(21), ClientID(22))
        let listeners = [
            try Listener(of: bare, client: mine), try Listener(of: bare, client: other),
        ]
        var agent = try FakeAgent("printer", of: bare)
        _ = try agent.join(bare.program)
        let own = TaskID(high: mine.rawValue, low: 7)
        func line(_ task: TaskID, _ text: String) -> OutputLine {
            OutputLine(task: task, function: "f", node: "", text: text, isError: false, dropped: 0)
        }
        try agent.send(
            .printed([
                line(own, "a task"), line(own.derived(site: 1, ordinal: 4), "a child"),
                line(own.derived(site: 9, ordinal: 2), "a round"),
                line(TaskID(high: mine.rawValue, low: 0), "its worker"),
                line(TaskID(high: 23, low: 1), "somebody who has left"),
                line(TaskID(high: 0, low: 0), "nobody"),
            ]))
        let heard = try listeners.map { listener in
            var texts: [String] = []
            _ = try listener.next { reply -> Bool? in
                guard case .notices(let notices) = reply else { return nil }
                for case .printed(let line) in notices { texts.append(line.text) }
                return texts.contains("nobody") ? true : nil
            }
            return texts
        }
        #expect(heard[0] == ["a task", "a child", "a round", "its worker", "nobody"])
        #expect(heard[1] == ["nobody"])
    }

    @Test func aPageThatIsNotThereFailsForWhoWaitsForIt() throws {
        let bare = try BareCoordinator()
        var owner = try FakeAgent("owner", of: bare)
        var reader = try FakeAgent("reader", of: bare)
        let ownerNode = try owner.join(bare.program)
        _ = try reader.join(bare.program)
        // From a node that there is not, and from one that lacks it.
        try reader.send(.relayWanted(page, from: NodeID(99)))
        #expect(try reader.next { $0 == .relayFailed(page) ? true : nil } == true)
        try reader.send(.relayWanted(page, from: ownerNode))
        _ = try owner.next { if case .sendPage(let task) = $0 { task } else { nil } }
        try owner.send(.pageMissing(page))
        #expect(try reader.next { $0 == .relayFailed(page) ? true : nil } == true)
    }

    @Test func manyPagesThroughTheCoordinatorAreAskedForAFewAtATime() throws {
        let bare = try BareCoordinator()
        var owner = try FakeAgent("owner", of: bare)
        var reader = try FakeAgent("reader", of: bare)
        let ownerNode = try owner.join(bare.program)
        _ = try reader.join(bare.program)
        let tasks = (1...9).map { TaskID(high: 8, low: UInt64($0)) }
        for task in tasks { try reader.send(.relayWanted(task, from: ownerNode)) }
        var asked: [TaskID] = []
        while asked.count < 4 {
            asked.append(
                try #require(
                    try owner.next { if case .sendPage(let task) = $0 { task } else { nil } }))
        }
        // A sign comes before a fifth question: it would have been sent first.
        let next = try owner.next { order -> AgentOrder? in
            switch order {
            case .sign, .sendPage: order
            default: nil
            }
        }
        #expect(next == .sign)
        for task in tasks {
            if !asked.contains(task) {
                let more = try owner.next {
                    if case .sendPage(let task) = $0 { task } else { nil }
                }
                #expect(more == task)
            }
            try owner.send(.page(task, bytes: [UInt8(task.low)]))
            let passed = try reader.next {
                if case .relayed(let task, _, let bytes) = $0 { (task, bytes) } else { nil }
            }
            #expect(passed?.0 == task && passed?.1 == [UInt8(task.low)])
        }
    }

    @Test func aNodeWhoseConnectionEndsIsLostSoon() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        var staying = try FakeAgent("staying", of: bare)
        _ = try staying.join(bare.program)
        do {
            var going = try FakeAgent("going", of: bare)
            _ = try going.join(bare.program)
            #expect(try listener.hears(ofNodes: 2))
        }
        let began = MonotonicClock.nanoseconds()
        #expect(try listener.hears(ofNodes: 1))
        let seconds = Double(MonotonicClock.nanoseconds() - began) / 1e9
        #expect(seconds < 8)
    }

    private var sample: AgentMessage {
        .sample(
            slots: [], cpuNanoseconds: 1, residentBytes: 0, fetchedBytes: 0, givenBytes: 0)
    }

    /// What clients were told until they were told both: lines, and remarks.
    private func notices(
        to listener: Listener, until isOver: ([ClientNotice]) -> Bool
    ) throws -> [ClientNotice] {
        var all: [ClientNotice] = []
        let isThere = try listener.next { reply -> Bool? in
            if case .notices(let notices) = reply { all += notices }
            return isOver(all) ? true : nil
        }
        #expect(isThere == true)
        return all
    }

    // The second node stands behind the first in the loop's table: when news of it made the
    // scheduler give the first one up, its place was used that it had had before.
    @Test func newsOfANodeThatTakesAnotherOneAwayIsNewsOfThatNode() throws {
        let bare = try BareCoordinator { $0.scheduler.silenceMax = nanosecondsPerSecond }
        let listener = try Listener(of: bare, keepingLoopFor: 3 * nanosecondsPerSecond / 2)
        var silent = try FakeAgent("silent", of: bare)
        _ = try silent.join(bare.program)
        var speaking = try FakeAgent("speaking", of: bare)
        _ = try speaking.join(bare.program)
        try speaking.send(.remark("now"))
        try speaking.send(sample)
        let printed = OutputLine(
            task: TaskID(high: 5, low: 1), function: "f", node: "", text: "it lives",
            isError: false, dropped: 0)
        try speaking.send(.printed([printed]))
        let notices = try notices(to: listener) { notices in
            notices.contains { if case .printed = $0 { true } else { false } }
                && notices.contains {
                    if case .remark(let text) = $0 {
                        text.contains("silent is lost")
                    } else {
                        false
                    }
                }
        }
        for case .printed(let line) in notices { #expect(line.node == "speaking") }
    }

    @Test func aCoordinatorThatWasAwayReadsBeforeItJudges() throws {
        let bare = try BareCoordinator { $0.scheduler.silenceMax = 4 * nanosecondsPerSecond }
        let listener = try Listener(of: bare, keepingLoopFor: 6 * nanosecondsPerSecond)
        var one = try FakeAgent("one", of: bare)
        var two = try FakeAgent("two", of: bare)
        _ = try one.join(bare.program)
        _ = try two.join(bare.program)
        try one.send(.remark("now"))
        _ = try notices(to: listener) { $0.contains(.remark("now")) }
        // The loop does not read for longer than it bears silence.
        try one.send(sample)
        try two.send(sample)
        try two.send(.remark("still here"))
        let notices = try notices(to: listener) { $0.contains(.remark("still here")) }
        for case .remark(let text) in notices { #expect(!text.contains("is lost"), "\(text)") }
        #expect(try one.next { $0 == .sign ? true : nil } == true)
    }

    @Test func anAgentThatComesBackAnewIsOneNode() throws {
        let bare = try BareCoordinator()
        let listener = try Listener(of: bare)
        var agent = try FakeAgent("again", of: bare)
        let first = try agent.join(bare.program)
        let keys = agent.peer.keys
        agent.peer = try FakePeer(
            keys: keys, endpoint: bare.coordinator.endpoint,
            serverKey: bare.coordinator.serverKey)
        let second = try agent.join(bare.program)
        #expect(first != second)
        let remark = try listener.remark(with: "came back anew")
        #expect(remark?.contains("again") == true)
    }
}
