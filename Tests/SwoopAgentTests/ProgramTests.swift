// A program that the nodes do not have: from a client's files through the coordinator into the
// cache of a node.

import Foundation
import Glibc
import SwoopAgent
import SwoopCoordinator
import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire
import Testing

/// A folder that is removed with this value.
private struct Folder: ~Copyable {
    let path: String

    init(in base: String = "/tmp") throws {
        var template = Array("\(base)/swoop-agent-tests-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        path = String(decoding: template.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A program of two files, both the loader of this process: small, and a real file.
private func smallProgram(cache: String) throws -> (ProgramManifest, [String]) {
    let whole = try Bundle.ofThisProgram(cache: cache)
    let place = try #require(whole.manifest.files.firstIndex { $0.name == "loader" })
    let loader = whole.manifest.files[place]
    var program = loader
    program.name = "program"
    let manifest = ProgramManifest(
        name: "small", architecture: whole.manifest.architecture, files: [loader, program])
    return (manifest, [whole.paths[place], whole.paths[place]])
}

@Suite struct ProgramTests {
    private func offer(
        _ manifest: ProgramManifest, _ paths: [String], by client: inout FakePeer
    ) throws -> ClientReply? {
        try client.send(
            ClientMessage.hello(
                version: wireVersion, client: ClientID(77), program: ProgramID("a-place"),
                name: "other"
            ).encoded())
        let wanted = try client.next { try? ClientReply(frames: $0) }
        #expect(wanted == .programWanted(ProgramID("a-place")))
        try client.send(ClientMessage.offerProgram(manifest, paths: paths).encoded())
        return try client.next { frames in
            let reply = try? ClientReply(frames: frames)
            if case .notices? = reply { return nil }
            return reply
        }
    }

    @Test func aProgramTravelsFromAClientToANodeThatLacksIt() throws {
        let folder = try Folder()
        let (manifest, paths) = try smallProgram(cache: folder.path + "/digests")
        let bare = try BareCoordinator()
        var agent = try FakeAgent("node", of: bare)
        let node = try agent.join(bare.program)
        var client = try bare.client()
        guard case .welcome(_, let nodes, _)? = try offer(manifest, paths, by: &client) else {
            Issue.record("the client was not taken in")
            return
        }
        #expect(nodes.map(\.name) == ["node"])
        #expect(node == NodeID(1))
        let prepared = try agent.next { if case .prepare(let one) = $0 { one } else { nil } }
        #expect(prepared == manifest)
        let receiver = try ProgramReceiver(folder: folder.path + "/cache")
        defer { receiver.stop() }
        receiver.prepare(manifest)
        try exchange(receiver, &agent)
        let placed = try receiver.use(manifest.id)
        let status = unsafe access(placed.folder + "/program", X_OK)
        #expect(status == 0)
        // The second time nothing is asked for.
        let again = try ProgramReceiver(folder: folder.path + "/cache")
        defer { again.stop() }
        again.prepare(manifest)
        guard case .ready(manifest.id)? = try next(again).first else {
            Issue.record("the program is not known any more")
            return
        }
    }

    /// What the receiver says, once it says something.
    private func next(_ receiver: ProgramReceiver) throws -> [ProgramReceiver.News] {
        var poll = PollLoop()
        _ = poll.watch(descriptor: receiver.news.wakeup.descriptor)
        let limit = MonotonicClock.nanoseconds() + 10_000_000_000
        while MonotonicClock.nanoseconds() < limit {
            let news = receiver.news.take()
            if !news.isEmpty { return news }
            try poll.wait(until: limit)
        }
        return []
    }

    /// Passes questions and answers on until the receiver is ready.
    private func exchange(_ receiver: ProgramReceiver, _ agent: inout FakeAgent) throws {
        while true {
            let news = try next(receiver)
            try #require(!news.isEmpty)
            for item in news {
                switch item {
                case .ready: return
                case .failed(_, let reason):
                    Issue.record("\(reason)")
                    return
                case .wanted(let program, let digest, let offset, let count):
                    try agent.send(
                        .programBytesWanted(program, digest: digest, offset: offset, count: count))
                    let answer = try agent.next { order -> (String, Int64, [UInt8])? in
                        guard case .programBytes(_, let digest, let offset, _, let bytes) = order
                        else { return nil }
                        return (digest, offset, bytes)
                    }
                    let (found, place, bytes) = try #require(answer)
                    #expect(found == digest && place == offset)
                    receiver.take(bytes, of: found, in: program, offset: place)
                }
            }
        }
    }

    @Test func aProgramThatCannotBeReadFailsForTheNodesAndSaysSo() throws {
        let folder = try Folder()
        let (manifest, _) = try smallProgram(cache: folder.path + "/digests")
        let bare = try BareCoordinator()
        var agent = try FakeAgent("node", of: bare)
        _ = try agent.join(bare.program)
        var client = try bare.client()
        let lost = manifest.files.map { _ in folder.path + "/nothing" }
        _ = try offer(manifest, lost, by: &client)
        _ = try agent.next { if case .prepare(let one) = $0 { one } else { nil } }
        try agent.send(
            .programBytesWanted(
                manifest.id, digest: manifest.files[0].digest, offset: 0, count: 1 << 20))
        // Nothing comes; the loop answers other things.
        try agent.send(.relayWanted(TaskID(high: 1, low: 1), from: NodeID(50)))
        let answer = try agent.next { order -> AgentOrder? in
            switch order {
            case .programBytes, .relayFailed: order
            default: nil
            }
        }
        #expect(answer == .relayFailed(TaskID(high: 1, low: 1)))
    }

    @Test func aNodeWithoutAFolderTakesNoProgram() throws {
        let folder = try Folder()
        let (manifest, _) = try smallProgram(cache: folder.path)
        let receiver = try ProgramReceiver(folder: "")
        defer { receiver.stop() }
        receiver.prepare(manifest)
        guard case .failed(manifest.id, let reason)? = try next(receiver).first else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("no folder for them"))
    }

    @Test func aProgramThatTheDiskHasNoRoomForIsRefusedBeforeAnyOfItIsAskedFor() throws {
        // Where memory is, less is free than a program may be.
        let folder = try Folder(in: "/dev/shm")
        var places = statvfs()
        try #require(unsafe statvfs(folder.path, &places) == 0)
        let free = Int64(places.f_bavail) * Int64(places.f_frsize)
        // Files as large as they may be; together a little more than is free, at most 32 GB.
        let wanted = min(free + (64 << 20), 32 << 30)
        let largest: Int64 = (8 << 30) - 1
        var files: [ProgramFile] = []
        while files.reduce(0, { $0 + $1.byteCount }) < wanted, files.count < 4 {
            var file = ProgramFile(
                describing: [UInt8(files.count)],
                name: files.isEmpty ? "program" : "lib\(files.count).so")
            file.byteCount = largest
            files.append(file)
        }
        let needed = files.reduce(0) { $0 + $1.byteCount }
        let manifest = ProgramManifest(name: "huge", architecture: "any", files: files)
        let receiver = try ProgramReceiver(folder: folder.path + "/cache")
        defer { receiver.stop() }
        receiver.prepare(manifest)
        let news = try next(receiver)
        guard case .failed(manifest.id, let reason)? = news.first, needed > free else {
            // A disk that has room for the largest program there can be.
            #expect(needed <= free, "it was not refused")
            return
        }
        #expect(news.count == 1)
        #expect(reason.contains("MiB free and the program needs \(needed >> 20) MiB"))
        let left = try FileManager.default.contentsOfDirectory(
            atPath: folder.path + "/cache/incoming")
        #expect(left == [])
    }

    @Test func aManifestThatNamesPlacesElsewhereIsRefused() throws {
        let folder = try Folder()
        let (manifest, paths) = try smallProgram(cache: folder.path + "/digests")
        var hostile = manifest
        hostile.files[1].name = "../../escape"
        let bare = try BareCoordinator()
        var client = try bare.client()
        guard case .refused(let reason)? = try offer(hostile, paths, by: &client) else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("cannot be sent to nodes"))
    }
}
