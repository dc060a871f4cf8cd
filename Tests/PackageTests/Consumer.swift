// Packages of users that depend on this one, in folders and with a home of their own. Nothing is
// fetched: what this package has fetched already stands in for where it came from.

import Foundation
import TestPrograms
import Testing

/// A folder of one test, removed with it.
final class Workshop {
    let folder: URL
    /// This package.
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// How a command ended.
    struct Ended {
        var status: Int32
        /// Both of its streams.
        var output: String
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "swoop-\(UUID())")
        try write("", to: "home/.keep")
        try write(Self.gitConfiguration, to: "home/.gitconfig")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Runs a script of the shell in a folder, with nothing in its environment but a home.
    func run(_ script: String, in place: String = ".", within seconds: Int = 900) throws -> Ended {
        let environment = [
            "HOME": path("home"), "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
            "LC_ALL": "C.UTF-8", "SWOOP_CONNECT": "local",
        ]
        let end = try CommandEnd(
            of: ["timeout", "\(seconds)", "/bin/sh", "-c", "exec </dev/null 2>&1\n" + script],
            in: path(place), environment: environment, within: Int64(seconds) + 60)
        return Ended(status: end.status, output: end.output)
    }

    /// Writes a file, and the folders above it.
    func write(_ text: String, to name: String) throws {
        let file = folder.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// The same as root, in a root of its own: this machine's /usr and toolchain, and this package,
    /// to read; no network but loopback, no other user's files, nothing below /etc that a bare
    /// Debian lacks. The folder is /user there.
    func runInBareRoot(_ script: String, in place: String = ".") throws -> Ended {
        try write(script, to: "script")
        return try run(
            """
            toolchain=$(swiftc -print-target-info \
                | sed -n 's/.*"runtimeResourcePath": "\\(.*\\)\\/usr\\/lib\\/swift".*/\\1/p')
            export toolchain
            unshare --mount --net --pid --ipc --fork --kill-child --propagation private sh -euc '
                root=$PWD/root; package=$1
                mkdir -p "$root"; mount -t tmpfs none "$root"; cd "$root"
                mkdir -p usr proc dev tmp etc/alternatives user root ".$toolchain" ".$package"
                for name in bin sbin lib lib64; do ln -s "usr/$name" "$name"; done
                chmod 1777 tmp
                cp /etc/passwd /etc/group /etc/ld.so.cache /etc/nsswitch.conf etc
                show() { mount --bind "$1" ".$1"; mount -o remount,ro,bind ".$1"; }
                show /usr; show /etc/alternatives; show "$package"
                [ -z "$toolchain" ] || show "$toolchain"
                mount --rbind /dev dev; mount -t proc proc proc
                mount --bind "$OLDPWD" user; ip link set lo up
                exec chroot . /usr/bin/env -i HOME=/user/home LC_ALL=C.UTF-8 \
                    PATH="$toolchain/usr/bin:/usr/bin:/bin" \
                    sh -c "cd \"/user/$2\" && . /user/script"
            ' sh '\(Self.root.path(percentEncoded: false))' '\(place)'
            """)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path(percentEncoded: false) }

    /// Makes a repository of this package's files as they are, with a tag: `swoop`, at 0.1.0.
    func makeTaggedClone() throws {
        let root = Self.root.path(percentEncoded: false)
        let done = try run(
            """
            set -e
            mkdir swoop
            git -C '\(root)' ls-files -z --cached --others --exclude-standard >names
            names=$PWD/names
            (cd '\(root)' && tar -c --null --ignore-failed-read -T "$names") | tar -x -C swoop
            cd swoop && git init -q && git add -A
            git -c user.name=t -c user.email=t@localhost commit -qm 'all of it' && git tag 0.1.0
            """)
        try #require(done.status == 0, "\(done.output)")
    }

    /// Takes what SwiftPM fetched for this package in place of where it came from.
    private static var gitConfiguration: String {
        let fetched = root.appending(path: ".build/repositories").path(percentEncoded: false)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: fetched)) ?? []
        var text = "[safe]\n    directory = *\n"
        for (package, owner) in [
            ("swift-argument-parser", "apple"), ("swift-collections", "apple"),
            ("swift-numerics", "apple"),
        ] {
            guard let name = names.first(where: { $0.hasPrefix(package + "-") }) else { continue }
            text += """
                [url "file://\(fetched)/\(name)"]
                    insteadOf = https://github.com/\(owner)/\(package)

                """
        }
        return text
    }
}
