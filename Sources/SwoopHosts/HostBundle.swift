// What travels to a host: a manifest and, for any part of its files, one compressed stream.

package import SwoopLaunching
package import SwoopModel

/// A program that can be sent.
package struct HostBundle: Sendable {
    package var manifest: ProgramManifest
    /// Serves all hosts: a piece is compressed once.
    package var archive: BundleArchive

    package init(manifest: ProgramManifest, archive: BundleArchive) {
        self.manifest = manifest
        self.archive = archive
    }

    /// A bundle of files of this machine.
    package init(of bundle: Bundle) {
        self.init(manifest: bundle.manifest, archive: BundleArchive(of: bundle))
    }
}
