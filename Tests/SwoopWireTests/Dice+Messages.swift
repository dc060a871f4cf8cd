// One random message of every case of every kind. Dice.swift draws the nouns; Samples.swift has the
// messages that do not change.

import SwoopModel
import SwoopWire

extension Dice {
    mutating func clientMessages() -> [ClientMessage] {
        let part = graphPart()
        let data = part.data.map { _ in bytes(upTo: 30) }
        return [
            .hello(version: small(), client: ClientID(word()), program: text(), name: text()),
            .submit(part, data: data), .release(tasks()), .cancel(tasks()), .want(tasks()),
            .wantRecords(identities: list { $0.text() }), .watchUsage(coin()), .goodbye,
        ]
    }

    mutating func clientReplies() -> [ClientReply] {
        [
            .welcome(version: small(), nodes: list { $0.node() }), .refused(text()),
            .notices(list(upTo: 12) { $0.notice() }), .value(task(), bytes: bytes()),
            .missing(task()), .usage(usage()), .records(list { $0.history() }),
        ]
    }

    mutating func agentMessages() -> [AgentMessage] {
        [
            .register(version: small(), node(), program: text()),
            .reports(list(upTo: 12) { $0.report() }),
            .sample(
                slots: list { $0.slot() }, cpuNanoseconds: number(), residentBytes: number()),
            .page(task(), bytes: bytes()), .pageMissing(task()),
            .printed(list { $0.outputLine() }), .remark(text()), .goodbye(text()),
        ]
    }

    mutating func agentOrders() -> [AgentOrder] {
        [
            .accepted(NodeID(small())), .refused(text()), .lease(lease()),
            .revoke(list { $0.attempt() }), .dropPages(tasks()), .sendPage(task()),
            .storePage(task(), output(), elementCount: number(), bytes: bytes()), .shutDown,
        ]
    }

    mutating func workerMessages() -> [WorkerMessage] {
        [
            .ready(processID: Int32(truncatingIfNeeded: number())),
            .reports(list(upTo: 8) { $0.report() }), .stored(attempt(), extent()),
            .allocate(token: small(), byteCount: number()), .printed(list { $0.outputLine() }),
        ]
    }

    mutating func workerOrders() -> [WorkerOrder] {
        [
            .declare(first: small(), list { $0.functionSpec() }), .run(list { $0.runOrder() }),
            .cancel(attempt()), .allocated(token: small(), coin() ? extent() : nil), .exit,
        ]
    }
}
