// The program whose processes the tests of SwoopTransport and SwoopLaunching start, kill and look
// at. Started without a role it measures: `TransportProbe rings`, `TransportProbe first-result`.

import CSwoopSystem
import Glibc
import SwoopLaunching
import SwoopTransport

@main struct TransportProbe {
    static func main() throws {
        guard let role = try InheritedRole.take() else { return try measure() }
        switch role.name {
        case "echo": try echo(role)
        case "parent": try startDescendantsAndWait()
        case "sleeper": sleepForEver()
        case "orphans": try leaveOrphans()
        case "stubborn": _ = signal(SIGTERM, SIG_IGN); printLine("ready"); sleepForEver()
        case "descriptors": listDescriptors()
        case "exit": exit(Int32(CommandLine.arguments[1]) ?? 99)
        case "printer": printMuch()
        case "secret": try repeatSecret(role)
        case "traces": try countTraces(role)
        case "lifeline": try waitForEnd(role)
        case "crash": try crash(role, how: CommandLine.arguments[1])
        case "labels": try labelOutput()
        case "throws": try reportThrow()
        case "churn": try churn()
        case "probe-agent": try runProbeAgent(role)
        case "probe-worker": try echo(role)
        case "address": try keepAddress()
        case "flood": try flood(Array(CommandLine.arguments.dropFirst()))
        case "bundle-place": try placeThisProgram()
        case "bundle-tell": try tellAboutBundle()
        case "bundle-churn": try placeWithoutEnd()
        default: exit(98)
        }
    }

    static func measure() throws {
        switch CommandLine.arguments.dropFirst().first {
        case "rings": try measureRings()
        case "first-result": try measureFirstResult()
        case "round-trips": try measureRoundTrips()
        case "bundle": try measureBundle()
        case "siege": try besiege(Array(CommandLine.arguments.dropFirst(2)))
        case "flood": try flood(Array(CommandLine.arguments.dropFirst(2)))
        case "judged": try beJudged()
        default: print("usage: TransportProbe rings | first-result | round-trips | bundle | siege")
        }
    }
}

func printLine(_ text: String) {
    print(text)
    fflush(nil)
}

func sleepForEver() {
    while true { pause() }
}

/// Two generations below this one must die with it; the test kills this process and looks for all
/// pids.
private func startDescendantsAndWait() throws {
    let generations = Int(CommandLine.arguments[1]) ?? 0
    if generations > 0 {
        var request = LaunchRequest(role: "parent")
        request.arguments = ["probe", "\(generations - 1)"]
        let child = try ChildProcess(starting: request)
        printLine("\(child.pid)")
        sleepForEver()
    }
    printLine("ready")
    sleepForEver()
}

/// Starts programs that nobody waits for, one of them in a session of its own; ends them, or waits
/// to be killed.
private func leaveOrphans() throws {
    Orphans.keepInParent()
    Orphans.adopt()
    let script = "sleep 1000 & echo $!; setsid sleep 1000 & echo $!"
    let shell = try ChildProcess(
        starting: LaunchRequest(program: "/bin/sh", arguments: ["-c", script]))
    _ = shell.waitUntilEnded()
    printLine("\(getpid())")
    if CommandLine.arguments[1] == "stay" { sleepForEver() }
    Orphans.end(except: [])
    exit(5)
}

private func listDescriptors() {
    for number in Int32(0)..<256 where fcntl(number, F_GETFD) >= 0 { print(number) }
    fflush(nil)
}

private func printMuch() {
    let line = String(repeating: "x", count: 1_023)
    for _ in 0..<1_024 {
        print(line)
        _ = unsafe write(2, line + "\n", 1_024)
    }
    fflush(nil)
}

private func repeatSecret(_ role: InheritedRole) throws {
    let descriptor = try role.takeDescriptor("secret")
    let text = String(decoding: try HeldBytes.read(from: descriptor), as: UTF8.self)
    let isClean = unsafe getenv("SWOOP_ROLE") == nil && getenv("SWOOP_DESCRIPTORS") == nil
    printLine("\(text) \(isClean)")
}

/// Publishes an address, says which addresses it sees, and waits for its end.
private func keepAddress() throws {
    let folder = try RuntimeFolder(at: CommandLine.arguments[1])
    for cluster in CommandLine.arguments.dropFirst(2) {
        let address = CoordinatorAddress(
            cluster: cluster, endpoint: "tcp://127.0.0.1:1", serverKey: "server=",
            clientSecretKey: Secret(copying: "cl="))
        do {
            try folder.publish(address)
        } catch {
            printLine("refused: \(error)")
        }
    }
    let seen = try folder.coordinators().map { "\($0.cluster) \($0.process.standing)" }
    printLine("pid \(getpid()) sees " + seen.joined(separator: ", "))
    sleepForEver()
}

private func waitForEnd(_ role: InheritedRole) throws {
    let line = try role.takeDescriptor("life")
    printLine("ready")
    var loop = PollLoop()
    _ = loop.watch(descriptor: line.rawValue)
    try loop.wait(until: nil)
    exit(7)
}

/// Crashes on a thread of slot 3, run 42, while slot 4 idles.
private func crash(_ role: InheritedRole, how: String) throws {
    let memory = try SharedMemory(mapping: role.takeDescriptor("crash"))
    try CrashArea(memory: memory).install()
    let idle = try LoopThread(named: "slot 4") {
        try? RunningThread.enter(slot: 4)
        sleepForEver()
    }
    let thread = try LoopThread(named: "slot 3", stackBytes: 1 << 20) {
        try? RunningThread.enter(slot: 3)
        RunningThread.setRun(42)
        fail(how)
    }
    thread.join()
    idle.join()
}

@inline(never) private func fail(_ how: String) {
    switch how {
    case "index": print([1, 2, 3][how.utf8.count])
    case "pointer": unsafe UnsafeMutablePointer<Int>(bitPattern: 64)!.pointee = 1
    case "overflow": print(deepen(1))
    case "abort": abort()
    case "raise": raise(SIGSEGV)
    default: fatalError("none of ours")
    }
}

@inline(never) private func deepen(_ depth: Int) -> Int {
    depth == .max ? 0 : deepen(depth + 1) &+ depth
}

/// Two threads print; each piece must come out under the run of the thread that printed it.
private func labelOutput() throws {
    let pipeEnd = dup(1)
    guard
        PrintedOutput.capture({ stream, bytes in
            let text = "\(RunningThread.run)/\(stream.rawValue):"
            let whole = Array(text.utf8) + bytes.indices.map { bytes[$0] } + Array("|".utf8)
            _ = unsafe write(pipeEnd, whole, whole.count)
        })
    else { exit(97) }
    for run in UInt64(1)...2 {
        let thread = try LoopThread(named: "printer") {
            RunningThread.setRun(run)
            print("half ", terminator: "")
            print("run \(run)")
            unsafe perror("error \(run)")
        }
        thread.join()
    }
    exit(0)
}

private struct Refusal: Error {}

@inline(never) private func refuse() throws {
    if getpid() > 0 { throw Refusal() }
}

private func reportThrow() throws {
    guard RunningThread.rememberThrows() else { exit(96) }
    try RunningThread.enter(slot: 0)
    try? refuse()
    let site = RunningThread.takeThrowSite()
    var image = unsafe swoop_image()
    _ = unsafe swoop_image_main(&image)
    let size = unsafe image.end - image.load_offset
    printLine("\(site.count) \(site.contains { $0 < size }) \(RunningThread.takeThrowSite().count)")
}

/// Makes, connects and closes sockets; exits with 0 when descriptors and memory are as before.
private func churn() throws {
    func openDescriptors() -> Int { (Int32(0)..<4_096).filter { fcntl($0, F_GETFD) >= 0 }.count }
    func residentPages() -> Int {
        let file = unsafe open("/proc/self/statm", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        _ = unsafe read(file, &bytes, bytes.count)
        let words = bytes.split(separator: UInt8(ascii: " "))
        return Int(String(decoding: words[1], as: UTF8.self)) ?? 0
    }
    let before = openDescriptors()
    var pagesAfterHundred = 0
    do {
        let context = try TransportContext()
        let keys = try CurveKeys.generate()
        let list = AccessList()
        list.permit(keys.publicKey, as: "churn")
        let judge = try Authenticator(for: list, in: context)
        let server = try Socket(.router, in: context, security: .server(keys, judge))
        let endpoint = try server.bind(to: "tcp://127.0.0.1:*")
        var loop = PollLoop()
        _ = loop.watch(server)
        for round in 0..<1_000 {
            let client = try Socket(
                .dealer, in: context, security: .client(keys, serverKey: keys.publicKey))
            try client.connect(to: endpoint)
            _ = try client.send([Frame("\(round)")])
            repeat { try loop.wait(until: nil) } while try server.receive() == nil
            if round == 100 { pagesAfterHundred = residentPages() }
        }
        // Closed sockets are reaped by libzmq a little later.
        if openDescriptors() > before + 200 { exit(95) }
        if residentPages() > pagesAfterHundred + 1_024 { exit(94) }
    }
    exit(openDescriptors() == before ? 0 : 93)
}
