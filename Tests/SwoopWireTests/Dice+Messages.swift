// One random message of every case of every kind. Dice.swift draws the nouns; Samples.swift has the
// messages that do not change.

import SwoopModel
import SwoopWire

extension Dice {
    mutating func clientMessages() -> [ClientMessage] {
        let part = graphPart()
        let data = part.data.map { _ in bytes(upTo: 30) }
        return [
            .hello(version: small(), client: ClientID(word()), program: program(), name: text()),
            .submit(part, data: data), .data(task(), bytes: bytes()), .dataFailed(failure()),
            .roomWanted(task(), byteCount: size()), .dataWritten(task(), writtenPage()),
            .release(tasks()), .cancel(tasks()), .want(tasks()),
            .wantRecords(identities: list { $0.text() }), .watchUsage(coin()), .goodbye,
            offer(), .wantHosts(hostsWanted()), .releaseHosts(list { $0.text() }, within: number()),
            .forgetHosts(list { $0.text() }), .keep(keepWish()),
            .freeKept(number: word(), list { $0.text() }), .wantKept,
            .library(name: text(), bytes: bytes()),
        ]
    }

    mutating func clientReplies() -> [ClientReply] {
        [
            .welcome(
                version: small(), nodes: list { $0.node() }, epoch: CoordinatorEpoch(word())),
            .refused(text()),
            .notices(list(upTo: 12) { $0.notice() }), .value(task(), bytes: bytes()),
            .usage(usage()), .records(list { $0.history() }),
            .programWanted(program()), .hosts(list { $0.hostState() }),
            .hostsTaken(list { $0.text() }, refusal: text()), .hostSettled(hostResult()),
            .kept(list { $0.keptState() }), .keepSettled(number: word(), refusal: text()),
        ]
    }

    mutating func agentMessages() -> [AgentMessage] {
        [
            .register(version: small(), node(), program: program(), pages: service()),
            .reports(list(upTo: 12) { $0.report() }, epoch: CoordinatorEpoch(word())),
            .sample(
                slots: list { $0.slot() }, cpuNanoseconds: number(), residentBytes: number(),
                fetchedBytes: number(), givenBytes: number()),
            .page(task(), bytes: bytes()), .pageMissing(task()),
            .printed(list { $0.outputLine() }), .remark(text()), .goodbye(text()),
            .programBytesWanted(program(), digest: text(), offset: number(), count: number()),
            .programReady(program()), .programFailed(program(), reason: text()),
            .relayWanted(task(), from: NodeID(small())),
            .roomLent(task(), offset: size(), byteCount: size()), .pageCopied(task()),
            .pageNotCopied(failure()),
        ]
    }

    mutating func agentOrders() -> [AgentOrder] {
        [
            .accepted(NodeID(small()), epoch: CoordinatorEpoch(word())), .refused(text()),
            .lease(lease()),
            .revoke(list { $0.attempt() }), .recall(list { $0.attempt() }), .dropPages(tasks()),
            .sendPage(task()),
            .storePage(task(), output(), elementCount: number(), bytes: bytes()), .shutDown,
            .unknown, .sign,
            .peers(list { PeerAddress(node: NodeID($0.small()), pages: $0.service()) }),
            .prepare(manifest()),
            .programBytes(
                program(), digest: text(), offset: number(), count: number(), bytes: bytes()),
            .relayed(task(), elementCount: number(), bytes: bytes()), .relayFailed(task()),
            .lendRoom(task(), byteCount: size()), .keepWritten(task(), writtenPage()),
            .copyPages(list { $0.pageCopy() }),
        ]
    }

    mutating func writtenPage() -> OutputPart {
        OutputPart(byteCount: size(), elementCount: size(), checksum: word())
    }

    mutating func pageCopy() -> PageCopy {
        let parts = (0...below(3)).map { _ in writtenPage() }
        return PageCopy(
            attempt: attempt(), pages: StoredPages(parts), nodes: list { NodeID($0.small()) })
    }

    mutating func hostsWanted() -> HostsWanted {
        HostsWanted(
            file: text(), hosts: list { $0.text() }, acceptsNewKeys: coin(), connectLimit: small(),
            agentSocket: text(), configuration: text())
    }

    mutating func hostState() -> HostState {
        HostState(
            name: text(), phase: HostState.Phase.allCases[below(HostState.Phase.allCases.count)],
            nanosecondsLeft: number(), tries: small(), text: text())
    }

    mutating func keptType() -> KeptType {
        KeptType(name: text(), layout: text(), isArray: coin())
    }

    mutating func keepWish() -> KeepWish {
        KeepWish(number: word(), name: text(), type: keptType(), tasks: tasks(), replaces: coin())
    }

    mutating func keptUse() -> KeptUse {
        KeptUse(kept: KeptID(word()), tasks: tasks(), output: output())
    }

    mutating func keptState() -> KeptState {
        KeptState(
            id: KeptID(word()), name: text(), type: keptType(),
            sizes: list { KeptSize(byteCount: $0.size(), elementCount: $0.size()) },
            places: list { KeptPlace(node: $0.text(), pages: $0.small(), byteCount: $0.size()) },
            age: number(), program: text(), loss: text())
    }

    mutating func hostResult() -> HostResult {
        HostResult(
            host: text(), step: text(), failure: text(), isCarried: coin(), remark: text())
    }

    mutating func peerMessages() -> [PeerMessage] {
        [
            .pageWanted(task(), offset: number(), count: number()),
            .pagePart(
                task(), offset: number(), byteCount: number(), elementCount: number(),
                bytes: bytes()),
            .pageAbsent(task()),
        ]
    }

    mutating func program() -> ProgramID { ProgramID(text()) }

    mutating func service() -> PageService {
        PageService(endpoints: list { $0.text() }, publicKey: text())
    }

    mutating func manifest() -> ProgramManifest {
        ProgramManifest(
            id: program(), name: text(), architecture: text(),
            files: list {
                ProgramFile(name: $0.text(), digest: $0.text(), byteCount: $0.number())
            })
    }

    private mutating func offer() -> ClientMessage {
        let manifest = manifest()
        return .offerProgram(manifest, paths: manifest.files.map { _ in text() })
    }

    mutating func workerMessages() -> [WorkerMessage] {
        [
            .ready(processID: Int32(truncatingIfNeeded: number())),
            .reports(list(upTo: 8) { $0.report() }), .stored(attempt(), extent()),
            .allocate(token: small(), byteCount: number()), .printed(list { $0.outputLine() }),
            .damaged(attempt(), input: task()), .abandoned(extent()),
        ]
    }

    mutating func workerOrders() -> [WorkerOrder] {
        [
            .declare(first: small(), list { $0.functionSpec() }), .run(list { $0.runOrder() }),
            .cancel(attempt()), .giveBack(attempt()), .allocated(token: small(), extent()), .exit,
            .refused(token: small(), reason: text()),
        ]
    }
}
