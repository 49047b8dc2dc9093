#!/bin/busybox sh
# The first program of the emulated PC: pins that gpio-sim makes up, this computer's files to read, and a script in them.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
. /settings
for module in $modules; do $b insmod "/m/$module.ko"; done
$b mount -t configfs none /sys/kernel/config
sim=/sys/kernel/config/gpio-sim/board
$b mkdir -p $sim/bank
echo 54 >$sim/bank/num_lines
echo 1 >$sim/live
$b mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,ro,cache=loose host /mnt
for each in dev proc sys; do $b mount --bind /$each /mnt/$each; done
$b mount -t tmpfs tmp /mnt/run
pins=/sys/devices/platform/$($b cat $sim/dev_name)/$($b cat $sim/bank/chip_name)
export LG_WD=/run TMPDIR=/run HOME=/run RPI_LGPIO_REVISION=a02082 RPI_LGPIO_CHIP=0 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$path"
$b chroot /mnt "$python" "$script" "$pins" </dev/null
$b poweroff -f
