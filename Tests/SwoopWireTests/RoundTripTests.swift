// Every case of every message comes back as it was sent; what is said about frames and sizes holds.
// Bytes that nobody of ours sends are in HostileBytesTests.swift.

import SwoopModel
import SwoopWire
import Testing

@Suite struct RoundTripTests {
    static let seeds: [UInt64] = Array(1...8)

    @Test(arguments: seeds)
    func `every message of a client comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.clientMessages() {
                #expect(try ClientMessage(frames: message.encoded()) == message)
            }
        }
    }

    @Test(arguments: seeds)
    func `every reply to a client comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.clientReplies() {
                #expect(try ClientReply(frames: message.encoded()) == message)
            }
        }
    }

    @Test(arguments: seeds)
    func `every message of an agent comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.agentMessages() {
                #expect(try AgentMessage(frames: message.encoded()) == message)
            }
        }
    }

    @Test(arguments: seeds)
    func `every order to an agent comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.agentOrders() {
                #expect(try AgentOrder(frames: message.encoded()) == message)
            }
        }
    }

    @Test(arguments: seeds)
    func `every message between agents comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.peerMessages() {
                let frames = message.encoded()
                #expect(try PeerMessage(frames: frames) == message)
                let part = try PeerMessage.part(firstFrame: frames[0])
                if case .pagePart(let task, let offset, let byteCount, let count, let bytes) =
                    message
                {
                    #expect(frames[1] == bytes)
                    #expect(part?.task == task)
                    #expect(part?.offset == offset)
                    #expect(part?.byteCount == byteCount)
                    #expect(part?.elementCount == count)
                } else {
                    #expect(part == nil)
                }
            }
        }
    }

    @Test(arguments: seeds)
    func `every message of a worker comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.workerMessages() {
                #expect(try WorkerMessage(bytes: message.encoded()) == message)
            }
        }
    }

    @Test(arguments: seeds)
    func `every order to a worker comes back as it was sent`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        for _ in 0..<150 {
            for message in dice.workerOrders() {
                #expect(try WorkerOrder(bytes: message.encoded()) == message)
            }
        }
    }

    @Test func `features that are not known keep their bits`() throws {
        let quiet = Double.nan.bitPattern
        let odd: UInt64 = 0xfff8_0000_0000_1234
        let spec = TaskSpec(
            id: TaskID(high: 1, low: 2), function: FunctionIndex(0),
            features: [Double(bitPattern: quiet), Double(bitPattern: odd)])
        let submitted = try ClientMessage(
            frames: ClientMessage.submit(GraphPart(tasks: [spec]), data: []).encoded())
        let ordered = try WorkerOrder(
            bytes: WorkerOrder.run([RunOrder(spec: spec, attempt: 1, inputs: [], rank: 0)])
                .encoded())
        guard case .submit(let part, _) = submitted, case .run(let orders) = ordered else {
            Issue.record("another message came back")
            return
        }
        #expect(part.tasks[0].features.map(\.bitPattern) == [quiet, odd])
        #expect(orders[0].spec.features.map(\.bitPattern) == [quiet, odd])
    }

    @Test func `a batch of 20,000 tiny tasks takes less than forty bytes a task`() throws {
        let tasks = (0..<20_000).map { index in
            TaskSpec(
                id: TaskID(high: .max, low: UInt64(index)), function: FunctionIndex(0),
                arguments: [.bytes([UInt8](repeating: UInt8(index & 255), count: 8))],
                features: [Double(index)])
        }
        let message = ClientMessage.submit(
            GraphPart(tasks: tasks, held: tasks.map(\.id)), data: [])
        let frames = message.encoded()
        #expect(frames.count == 2)
        #expect(frames[1].count == 160_000)
        #expect(frames.reduce(0) { $0 + $1.count } < 800_000)
        #expect(try ClientMessage(frames: frames) == message)
    }

    @Test func `page bytes and data travel as frames of their own, untouched`() {
        let bytes = [UInt8](repeating: 7, count: 1_000)
        let task = TaskID(high: 1, low: 2)
        let part = GraphPart(data: [DataSpec(id: task, output: .page, byteCount: 1_000)])
        #expect(ClientMessage.submit(part, data: [bytes]).encoded().last == bytes)
        #expect(AgentMessage.page(task, bytes: bytes).encoded()[1] == bytes)
        #expect(ClientReply.value(task, bytes: bytes).encoded()[1] == bytes)
        let relayed = AgentOrder.relayed(task, elementCount: 9, bytes: bytes)
        #expect(relayed.encoded()[1] == bytes)
        let range = PeerMessage.pagePart(
            task, offset: 0, byteCount: 1_000, elementCount: 9, bytes: bytes)
        #expect(range.encoded()[1] == bytes)
        let store = AgentOrder.storePage(task, .page, elementCount: 9, bytes: bytes)
        #expect(store.encoded()[1] == bytes)
    }
}
