// The bytes of one message of each kind: as version 5 has them, those of the rings as version 3. A
// failure here says that the format changed: then raise `wireVersion`, unless older readers read
// the new bytes rightly, and put the new bytes down.

import SwoopModel
import SwoopWire
import Testing

/// Frames in hexadecimal, with a stroke between them.
func hexadecimal(_ frames: [[UInt8]]) -> String {
    frames.map { frame in
        frame.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }.joined(separator: "|")
}

@Suite struct GoldenBytesTests {
    @Test func `messages of a client have the bytes of version 6`() throws {
        try compare(Samples.clientMessages.map { $0.encoded() }, GoldenBytes.clientMessages)
    }

    @Test func `replies to a client have the bytes of version 6`() throws {
        try compare(Samples.clientReplies.map { $0.encoded() }, GoldenBytes.clientReplies)
    }

    @Test func `messages of an agent have the bytes of version 6`() throws {
        try compare(Samples.agentMessages.map { $0.encoded() }, GoldenBytes.agentMessages)
    }

    @Test func `orders to an agent have the bytes of version 6`() throws {
        try compare(Samples.agentOrders.map { $0.encoded() }, GoldenBytes.agentOrders)
    }

    @Test func `messages between agents have the bytes of version 6`() throws {
        try compare(Samples.peerMessages.map { $0.encoded() }, GoldenBytes.peerMessages)
    }

    @Test func `messages of a worker have the bytes of version 3`() throws {
        try compare(Samples.workerMessages.map { [$0.encoded()] }, GoldenBytes.workerMessages)
    }

    @Test func `orders to a worker have the bytes of version 3`() throws {
        try compare(Samples.workerOrders.map { [$0.encoded()] }, GoldenBytes.workerOrders)
    }

    @Test func `the samples come back as they were sent`() throws {
        for message in Samples.clientMessages {
            #expect(try ClientMessage(frames: message.encoded()) == message)
        }
        for message in Samples.clientReplies {
            #expect(try ClientReply(frames: message.encoded()) == message)
        }
        for message in Samples.agentMessages {
            #expect(try AgentMessage(frames: message.encoded()) == message)
        }
        for message in Samples.agentOrders {
            #expect(try AgentOrder(frames: message.encoded()) == message)
        }
        for message in Samples.peerMessages {
            #expect(try PeerMessage(frames: message.encoded()) == message)
        }
    }

    private func compare(_ messages: [[[UInt8]]], _ golden: [String]) throws {
        #expect(messages.count == golden.count)
        for message in messages.dropFirst(golden.count) {
            Issue.record("there are no golden bytes for \(hexadecimal(message))")
        }
        for (message, expected) in zip(messages, golden) {
            // Long ones are put down in lines of 80 digits.
            #expect(hexadecimal(message) == expected.filter { !$0.isWhitespace })
        }
    }
}
