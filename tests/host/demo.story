# A host runs release 1.0.0. Its update server, on loopback, has 1.1.0.
boot 1.0.0
$ azlctl status
# Is there something newer? This asks the server and writes nothing.
$ azlctl update --check
# Fetch it, verify its signature, stage it. What runs is not touched.
$ azlctl update
$ azlctl status
reboot
# 1.1.0 runs, 1.0.0 stands behind it. An admin leaves a trace in /etc ...
$ azlctl status
$ echo "MaxSessions 50" > /etc/ssh-tuning.conf
# ... and is called at night: 1.1.0 is bad. What would a rollback do?
$ azlctl rollback --check
$ azlctl rollback --reason "the kubelet does not come up"
reboot
$ azlctl status
# The release that was left is denied: no update brings it back.
$3 azlctl update
$ azlctl history
