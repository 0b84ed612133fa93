# What is installed, and the Debian package that ./dev deb makes of it. Its templates are configuration: `berth template pin`
# and operators change them, and an upgrade asks before it does.
# berth.service expects the program in /usr/bin: scripts/dev/lib.sh sets that prefix.
include(GNUInstallDirs)
install(TARGETS berth RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY config/templates DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/berth FILES_MATCHING PATTERN "*.toml")
install(FILES config/berth.example.toml README.md docs/operation.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES config/berth.service DESTINATION /lib/systemd/system)

file(GLOB template_files RELATIVE ${CMAKE_SOURCE_DIR}/config CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/config/templates/*.toml)
list(TRANSFORM template_files PREPEND ${CMAKE_INSTALL_FULL_SYSCONFDIR}/berth/)
list(JOIN template_files "\n" conffiles)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/package/conffiles CONTENT "@conffiles@\n" @ONLY)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "berth <root@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compute provider on Nostr, paid by the second with Cashu ecash")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS e2fsprogs)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "docker.io | docker-ce | podman")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/package/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
